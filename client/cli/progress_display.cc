#include "client/cli/progress_display.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/printable_text.h"
#include "client/cli/status_words.h"
#include "client/cli/terminal.h"

namespace runcast::cli {

ProgressDisplay::ProgressDisplay(std::FILE* stream, Mode mode, const std::string& run_id,
                                 absl::string_view gateway)
    : stream_(stream),
      mode_(mode),
      contact_(gateway, absl::StrCat("watch of run ", run_id, ": "), absl::Now()) {
  view_.run = PrintableText(run_id);
  Draw();
}

bool ProgressDisplay::IsNewTrouble(const v1::Freshness& freshness) {
  const std::string before = FreshnessWords(freshness_);
  freshness_ = freshness;
  const std::string now = FreshnessWords(freshness);
  return !now.empty() && now != before;
}

void ProgressDisplay::OnStatus(const v1::RunStatus& status) {
  estimate_.Add(absl::FromUnixSeconds(status.observed_at().seconds()) +
                    absl::Nanoseconds(status.observed_at().nanos()),
                status.progress());
  const v1::Progress& progress = status.progress();
  state_ = StateWords(status);
  if (progress.has_percent()) view_.percent = progress.percent();
  if (progress.has_utterances_done()) view_.done = progress.utterances_done();
  if (progress.has_utterances_total()) view_.total = progress.utterances_total();
  const bool is_trouble = IsNewTrouble(status.freshness());
  const std::string detail = is_trouble ? FreshnessDetail(freshness_) : "";
  if (mode_ == Mode::kLines) {
    Say(StatusLine(status, estimate_, absl::Now()) + detail);
  } else if (is_trouble) {
    Say(absl::StrCat(view_.run, ": ", FreshnessWords(freshness_), detail));
  }
  Draw();
}

void ProgressDisplay::OnHeartbeat(const v1::Heartbeat& heartbeat) {
  if (IsNewTrouble(heartbeat.freshness())) {
    Say(absl::StrCat(view_.run, ": ", FreshnessWords(freshness_), FreshnessDetail(freshness_)));
  }
  Draw();
}

void ProgressDisplay::OnConnection(const client::ConnectionNews& news) {
  const std::string words = contact_.OnNews(news, absl::Now());
  if (!words.empty()) Say(words);
  Draw();
}

void ProgressDisplay::Tick() {
  if (mode_ == Mode::kBar) {
    Draw();
  } else if (const std::string words = contact_.OnTick(absl::Now()); !words.empty()) {
    Say(words);
  }
}

void ProgressDisplay::Clear() {
  if (!std::exchange(drawn_, false)) return;
  std::fputs("\r\x1b[K", stream_);
  std::fflush(stream_);
}

void ProgressDisplay::Say(const std::string& words) {
  Clear();
  std::fprintf(stream_, "%s\n", words.c_str());
  std::fflush(stream_);
  Draw();
}

void ProgressDisplay::Draw() {
  if (mode_ != Mode::kBar) return;
  const absl::Time now = absl::Now();
  std::string trouble = contact_.Brief();
  if (trouble.empty()) trouble = BriefFreshness(freshness_, now);
  if (state_.empty()) {
    view_.state = trouble.empty() ? "no status yet" : trouble;
  } else {
    view_.state = state_;
    view_.trouble = trouble;
  }
  // What the pace was says nothing while no news come.
  const bool has_pace = !state_.empty() && trouble.empty();
  view_.per_second = has_pace ? estimate_.UtterancesPerSecond() : std::nullopt;
  view_.remaining = has_pace ? estimate_.Remaining(now) : std::nullopt;
  const std::string line = RenderProgressBar(view_, StyleOf(fileno(stream_)));
  std::fprintf(stream_, "\r%s\x1b[K", line.c_str());
  std::fflush(stream_);
  drawn_ = true;
}

}  // namespace runcast::cli
