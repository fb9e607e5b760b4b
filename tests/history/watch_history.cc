#include "tests/history/watch_history.h"

#include <algorithm>
#include <utility>

#include "tests/history/contract_check.h"

namespace runcast::history {

void WatchHistory::OnOpened(absl::Time at) {
  last_end_ = StreamEnd{.code = -1};
  events_.push_back(
      {.kind = HistoryEvent::Kind::kOpened, .at = at, .resumed = !resume_token_.empty()});
}

void WatchHistory::OnOpenedAnew(absl::Time at) {
  resume_token_.clear();
  OnOpened(at);
}

void WatchHistory::OnMessage(absl::Time at, v1::WatchRunResponse message) {
  events_.push_back(EventOf(at, message));
  resume_token_ = message.resume_token();
  if (message.has_status()) newest_ = std::move(*message.mutable_status());
}

void WatchHistory::OnStatus(absl::Time at, const v1::RunStatus& status) {
  events_.push_back(EventOf(at, status));
  newest_ = status;
}

void WatchHistory::OnEnded(absl::Time at, StreamEnd end) {
  last_end_ = std::move(end);
  events_.push_back({.kind = HistoryEvent::Kind::kEnded, .at = at, .code = last_end_.code});
}

std::vector<std::string> WatchHistory::Faults() const {
  std::vector<std::string> faults;
  for (Finding& finding : CheckContract(events_)) faults.push_back(std::move(finding.words));
  return faults;
}

int WatchHistory::Count(HistoryEvent::Kind kind) const {
  return static_cast<int>(std::count_if(events_.begin(), events_.end(),
                                        [&](const auto& event) { return event.kind == kind; }));
}

}  // namespace runcast::history
