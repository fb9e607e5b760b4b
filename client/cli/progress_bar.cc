#include "client/cli/progress_bar.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/cli/printable_text.h"

namespace runcast::cli {
namespace {

constexpr int kLeastBar = 8;
constexpr int kMostBar = 40;
constexpr int kLeastRunId = 8;
constexpr int kMostRunId = 40;  // `tr-` and a UUID are 39.
constexpr int kLeastWords = 8;
constexpr char kGap[] = "  ";

std::string Bar(double percent, int columns, const LineStyle& style) {
  const double share = std::clamp(percent / 100, 0.0, 1.0);
  std::string full;
  std::string rest;
  if (style.unicode) {
    static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const int eighths = static_cast<int>(std::floor(share * columns * 8));
    for (int i = 0; i < eighths / 8; ++i) full += "█";
    full += kEighths[eighths % 8];
    for (int i = (eighths + 7) / 8; i < columns; ++i) rest += "░";
  } else {
    const int inner = columns - 2;  // Between the brackets.
    const int filled = static_cast<int>(std::floor(share * inner));
    full = absl::StrCat("[", std::string(static_cast<size_t>(filled), '#'));
    rest = absl::StrCat(std::string(static_cast<size_t>(inner - filled), '-'), "]");
  }
  if (!style.color) return full + rest;
  return absl::StrCat("\x1b[32m", full, "\x1b[0m\x1b[2m", rest, "\x1b[0m");
}

struct Part {
  std::string text;
  int keep;  // Parts of the lowest value go first.
};

// The counts alone never reach 100 before the end, so the percent is cut and not rounded.
std::string PercentText(double percent) {
  return absl::StrFormat("%3d %%", static_cast<int>(std::floor(std::clamp(percent, 0.0, 100.0))));
}

}  // namespace

std::string ShortDuration(absl::Duration duration) {
  const int64_t seconds = absl::ToInt64Seconds(duration + absl::Milliseconds(500));
  if (seconds < 60) return absl::StrFormat("%ds", seconds);
  if (seconds < 3600) return absl::StrFormat("%dm %02ds", seconds / 60, seconds % 60);
  return absl::StrFormat("%dh %02dm", seconds / 3600, seconds / 60 % 60);
}

std::string RenderProgressBar(const ProgressView& view, const LineStyle& style) {
  const auto fit = [&style](absl::string_view text, int columns) {
    return FitToWidth(text, columns, style.unicode ? "…" : "...");
  };
  std::vector<Part> parts;
  parts.push_back({fit(view.run, std::clamp(style.columns / 3, kLeastRunId, kMostRunId)), 5});
  parts.push_back({view.percent ? PercentText(*view.percent) : view.state, 7});
  if (view.done && view.total) {
    parts.push_back({absl::StrCat(*view.done, "/", *view.total), 2});
  }
  if (view.per_second) parts.push_back({absl::StrFormat("%.1f/s", *view.per_second), 1});
  if (view.remaining) parts.push_back({absl::StrCat(ShortDuration(*view.remaining), " left"), 3});
  if (!view.trouble.empty()) parts.push_back({view.trouble, 6});

  const auto width = [&parts] {
    int columns = 0;
    for (const Part& part : parts) columns += DisplayWidth(part.text) + 2;
    return columns - 2;
  };
  const auto least = [&parts] {
    return std::min_element(parts.begin(), parts.end(),
                            [](const Part& a, const Part& b) { return a.keep < b.keep; });
  };
  // A bar takes part in the contest for columns with the value 4.
  constexpr int kKeepBar = 4;
  bool with_bar = view.percent.has_value();
  while (width() + (with_bar ? kLeastBar + 2 : 0) > style.columns) {
    if (least()->keep < kKeepBar) {
      parts.erase(least());
    } else if (with_bar) {
      with_bar = false;
    } else {
      break;
    }
  }
  // Words are cut before something goes that says which run this is.
  const int words = !view.trouble.empty() ? 6 : view.percent ? 0 : 7;
  while (width() > style.columns) {
    const auto cut = std::find_if(parts.begin(), parts.end(),
                                  [words](const Part& part) { return part.keep == words; });
    const int room = style.columns - width() + (cut == parts.end() ? 0 : DisplayWidth(cut->text));
    if (parts.size() == 1) {
      parts[0].text = fit(parts[0].text, style.columns);
    } else if (cut != parts.end() && room >= kLeastWords) {
      cut->text = fit(cut->text, room);
    } else {
      parts.erase(least());
    }
  }

  const int free_columns = style.columns - width() - 2;
  std::vector<std::string> texts;
  for (Part& part : parts) {
    if (style.color && part.keep == 6) part.text = absl::StrCat("\x1b[33m", part.text, "\x1b[0m");
    // The bar stands in front of the percent.
    if (part.keep == 7 && with_bar && free_columns >= kLeastBar) {
      texts.push_back(Bar(*view.percent, std::min(free_columns, kMostBar), style));
    }
    texts.push_back(std::move(part.text));
  }
  return absl::StrJoin(texts, kGap);
}

}  // namespace runcast::cli
