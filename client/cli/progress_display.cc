#include "client/cli/progress_display.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/printable_text.h"
#include "client/cli/status_words.h"
#include "client/cli/terminal.h"

namespace runcast::cli {

ProgressDisplay::ProgressDisplay(std::FILE* stream, Mode mode, const std::string& run_id)
    : stream_(stream), mode_(mode) {
  view_.run = PrintableText(run_id);
  view_.state = "waiting for the gateway";
  Draw();
}

void ProgressDisplay::OnStatus(const v1::RunStatus& status) {
  estimate_.Add(absl::FromUnixSeconds(status.observed_at().seconds()) +
                    absl::Nanoseconds(status.observed_at().nanos()),
                status.progress());
  const v1::Progress& progress = status.progress();
  view_.state = StateWords(status);
  if (progress.has_percent()) view_.percent = progress.percent();
  if (progress.has_utterances_done()) view_.done = progress.utterances_done();
  if (progress.has_utterances_total()) view_.total = progress.utterances_total();
  view_.trouble = FreshnessWords(status.freshness());
  told_freshness_ = view_.trouble;
  if (mode_ == Mode::kLines) Say(StatusLine(status, estimate_, absl::Now()));
  Draw();
}

void ProgressDisplay::OnHeartbeat(const v1::Heartbeat& heartbeat) {
  const std::string freshness = FreshnessWords(heartbeat.freshness());
  view_.trouble = freshness;
  // Said once for each change: a heartbeat every 20 s would repeat it for hours.
  if (mode_ != Mode::kBar && freshness != told_freshness_ && !freshness.empty()) {
    Say(absl::StrCat(view_.run, ": ", freshness));
  }
  told_freshness_ = freshness;
  Draw();
}

void ProgressDisplay::OnConnection(const client::ConnectionNews& news) {
  switch (news.state) {
    case client::ConnectionNews::State::kConnecting:
      return;
    case client::ConnectionNews::State::kOpen:
      if (std::exchange(lost_, false)) Say("the gateway is back");
      return;
    case client::ConnectionNews::State::kWaiting:
      if (!std::exchange(lost_, true)) {
        Say(absl::StrCat("lost the gateway, trying again: ", ErrorWords(news.error)));
      }
      return;
  }
}

void ProgressDisplay::Tick() { Draw(); }

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
  view_.per_second = estimate_.UtterancesPerSecond();
  view_.remaining = estimate_.Remaining(absl::Now());
  const std::string line = RenderProgressBar(view_, StyleOf(fileno(stream_)));
  std::fprintf(stream_, "\r%s\x1b[K", line.c_str());
  std::fflush(stream_);
  drawn_ = true;
}

}  // namespace runcast::cli
