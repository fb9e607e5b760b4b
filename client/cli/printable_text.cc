#include "client/cli/printable_text.h"

#include <cstddef>
#include <optional>

#include "absl/strings/str_cat.h"
#include "client/cli/utf8.h"

namespace runcast::cli {
namespace {

bool IsSteering(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200E || c == 0x200F || c == 0x061C ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

// After Unicode's EastAsianWidth (W, F) and general category Mn, in coarse blocks: an error of a
// column in a rare script only misplaces the end of a progress bar.
int ColumnsOf(char32_t c) {
  if ((c >= 0x0300 && c <= 0x036F) || (c >= 0x1AB0 && c <= 0x1AFF) ||
      (c >= 0x20D0 && c <= 0x20FF) || (c >= 0xFE00 && c <= 0xFE0F) ||
      (c >= 0x200B && c <= 0x200D)) {
    return 0;
  }
  if ((c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0x303E) ||
      (c >= 0x3041 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
      (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) ||
      (c >= 0xFF00 && c <= 0xFF60) || (c >= 0xFFE0 && c <= 0xFFE6) ||
      (c >= 0x1F300 && c <= 0x1F64F) || (c >= 0x1F680 && c <= 0x1F6FF) ||
      (c >= 0x1F900 && c <= 0x1F9FF) || (c >= 0x20000 && c <= 0x3FFFD)) {
    return 2;
  }
  return 1;
}

}  // namespace

std::string PrintableText(absl::string_view text) {
  std::string printable;
  while (!text.empty()) {
    const absl::string_view before = text;
    const auto c = TakeCodePoint(text);
    if (!c || IsSteering(*c)) {
      printable += '?';
    } else {
      printable.append(before.data(), before.size() - text.size());
    }
  }
  return printable;
}

int DisplayWidth(absl::string_view text) {
  int columns = 0;
  while (!text.empty()) {
    const auto c = TakeCodePoint(text);
    columns += c ? ColumnsOf(*c) : 1;
  }
  return columns;
}

std::string FitToWidth(absl::string_view text, int columns, absl::string_view ellipsis) {
  if (columns <= 0) return "";
  if (DisplayWidth(text) <= columns) return std::string(text);
  std::string fitting;
  int taken = DisplayWidth(ellipsis);
  if (taken > columns) return std::string(ellipsis.substr(0, static_cast<size_t>(columns)));
  while (!text.empty()) {
    const absl::string_view before = text;
    const auto c = TakeCodePoint(text);
    taken += c ? ColumnsOf(*c) : 1;
    if (taken > columns) break;
    fitting.append(before.data(), before.size() - text.size());
  }
  return absl::StrCat(fitting, ellipsis);
}

}  // namespace runcast::cli
