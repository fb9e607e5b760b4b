#include "tests/history/watch_history.h"

#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace runcast::history {
namespace {

constexpr int kOk = 0;

// A status without what the gateway added: equal facts are the same news.
std::string FactsOf(const v1::RunStatus& status) {
  v1::RunStatus facts = status;
  facts.clear_sequence();
  facts.clear_epoch();
  facts.clear_observed_at();
  facts.clear_freshness();
  return facts.SerializeAsString();
}

bool IsFresh(const v1::RunStatus& status) {
  return status.freshness().state() == v1::Freshness::STATE_FRESH;
}

}  // namespace

void WatchHistory::OnOpened(absl::Time at) {
  ++streams_;
  last_end_ = StreamEnd{.code = -1};
  events_.push_back({Event::Kind::kOpened, at, {}, {}});
}

void WatchHistory::OnMessage(absl::Time at, v1::WatchRunResponse message) {
  events_.push_back({Event::Kind::kMessage, at, std::move(message), {}});
}

void WatchHistory::OnEnded(absl::Time at, StreamEnd end) {
  last_end_ = end;
  events_.push_back({Event::Kind::kEnded, at, {}, std::move(end)});
}

std::vector<std::string> WatchHistory::Faults() const {
  std::vector<std::string> faults;
  const auto fault = [&](size_t at, const std::string& words) {
    faults.push_back(absl::StrCat("event ", at, ": ", words));
  };
  std::optional<v1::RunStatus> last;
  std::map<uint64_t, uint64_t> last_sequence;  // By epoch.
  bool terminal = false;
  bool first_of_stream = false;
  for (size_t i = 0; i < events_.size(); ++i) {
    const Event& event = events_[i];
    switch (event.kind) {
      case Event::Kind::kOpened:
        first_of_stream = true;
        if (terminal) fault(i, "opened again after the terminal status");
        break;
      case Event::Kind::kEnded:
        if (event.end.code == kOk && !terminal) fault(i, "ended OK before the terminal status");
        if (event.end.code != kOk && terminal) {
          fault(i, absl::StrCat("ended with code ", event.end.code, " after the terminal status"));
        }
        break;
      case Event::Kind::kMessage: {
        if (event.message.resume_token().empty()) fault(i, "a message without a resume token");
        if (event.message.event_case() == v1::WatchRunResponse::EVENT_NOT_SET) {
          fault(i, "a message that is neither status nor heartbeat");
        }
        if (terminal) fault(i, "a message after the terminal status");
        if (!event.message.has_status()) break;
        const v1::RunStatus& status = event.message.status();
        uint64_t& sequence = last_sequence[status.epoch()];
        if (status.sequence() == sequence) {
          fault(i, absl::StrCat("sequence ", sequence, " twice"));
        } else if (status.sequence() < sequence) {
          fault(i, absl::StrCat("sequence ", status.sequence(), " after ", sequence));
        }
        sequence = status.sequence();
        if (last.has_value()) {
          if (status.progress().utterances_done() < last->progress().utterances_done() &&
              status.progress().has_utterances_done()) {
            fault(i, absl::StrCat("utterances fall from ", last->progress().utterances_done(),
                                  " to ", status.progress().utterances_done()));
          }
          if (status.progress().percent() < last->progress().percent() &&
              status.progress().has_percent()) {
            fault(i, absl::StrCat("percent falls from ", last->progress().percent(), " to ",
                                  status.progress().percent()));
          }
          if (first_of_stream && IsFresh(status) && IsFresh(*last) &&
              FactsOf(status) == FactsOf(*last)) {
            fault(i, "the same facts again after a resume");
          }
        }
        terminal = status.terminal();
        last = status;
        first_of_stream = false;
        break;
      }
    }
  }
  if (!terminal) faults.push_back("lost: no terminal status");
  return faults;
}

bool WatchHistory::SawTerminal() const { return newest().terminal(); }

int WatchHistory::statuses() const {
  int count = 0;
  for (const Event& event : events_) count += event.message.has_status();
  return count;
}

int WatchHistory::heartbeats() const {
  int count = 0;
  for (const Event& event : events_) count += event.message.has_heartbeat();
  return count;
}

std::string WatchHistory::resume_token() const {
  for (auto event = events_.rbegin(); event != events_.rend(); ++event) {
    if (event->kind == Event::Kind::kMessage) return event->message.resume_token();
  }
  return "";
}

v1::RunStatus WatchHistory::newest() const {
  for (auto event = events_.rbegin(); event != events_.rend(); ++event) {
    if (event->message.has_status()) return event->message.status();
  }
  return {};
}

}  // namespace runcast::history
