#include "tests/history/contract_check.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace runcast::history {
namespace {

constexpr int kOk = 0;

// One pass over the events of one watcher.
class ContractPass {
 public:
  void Take(size_t index, const HistoryEvent& event) {
    index_ = index;
    switch (event.kind) {
      case HistoryEvent::Kind::kOpened:
        if (terminal_) Find(Finding::Kind::kMalformed, "opened again after the terminal status");
        first_of_stream_ = true;
        // Without a token the newest status is asked for, known or not.
        if (!event.resumed) may_repeat_ = true;
        break;
      case HistoryEvent::Kind::kEnded:
        if (event.code == kOk && !terminal_) {
          Find(Finding::Kind::kMalformed, "ended OK before the terminal status");
        }
        if (event.code != kOk && terminal_) {
          Find(Finding::Kind::kMalformed,
               absl::StrCat("ended with code ", event.code, " after the terminal status"));
        }
        break;
      case HistoryEvent::Kind::kStatus:
      case HistoryEvent::Kind::kHeartbeat:
      case HistoryEvent::Kind::kNothing:
        TakeMessage(event);
        break;
    }
  }

  std::vector<Finding> Finish() {
    if (!terminal_) {
      findings_.push_back({Finding::Kind::kMissingTerminal, "lost: no terminal status"});
    }
    return std::move(findings_);
  }

 private:
  void Find(Finding::Kind kind, const std::string& words) {
    findings_.push_back({kind, absl::StrCat("event ", index_, ": ", words)});
  }

  void TakeMessage(const HistoryEvent& event) {
    if (!event.has_token) Find(Finding::Kind::kMalformed, "a message without a resume token");
    if (event.kind == HistoryEvent::Kind::kNothing) {
      Find(Finding::Kind::kMalformed, "a message that is neither status nor heartbeat");
    }
    if (terminal_) Find(Finding::Kind::kBackward, "a message after the terminal status");
    if (event.kind != HistoryEvent::Kind::kStatus) return;
    CheckSequence(event);
    if (last_.has_value()) CheckAgainst(*last_, event);
    terminal_ = event.terminal;
    last_ = event;
    first_of_stream_ = false;
    may_repeat_ = false;
  }

  void CheckSequence(const HistoryEvent& event) {
    uint64_t& sequence = sequences_[event.epoch];
    if (event.sequence == sequence && !may_repeat_) {
      Find(Finding::Kind::kDuplicated, absl::StrCat("sequence ", sequence, " twice"));
    } else if (event.sequence < sequence) {
      Find(Finding::Kind::kReordered,
           absl::StrCat("sequence ", event.sequence, " after ", sequence));
    }
    sequence = event.sequence;
  }

  void CheckAgainst(const HistoryEvent& last, const HistoryEvent& event) {
    if (event.done.has_value() && *event.done < last.done.value_or(0)) {
      Find(Finding::Kind::kBackward,
           absl::StrCat("utterances fall from ", *last.done, " to ", *event.done));
    }
    if (event.percent.has_value() && *event.percent < last.percent.value_or(0)) {
      Find(Finding::Kind::kBackward,
           absl::StrCat("percent falls from ", *last.percent, " to ", *event.percent));
    }
    if (first_of_stream_ && !may_repeat_ && event.fresh && last.fresh &&
        event.facts == last.facts) {
      Find(Finding::Kind::kDuplicated, "the same facts again after a resume");
    }
  }

  std::vector<Finding> findings_;
  size_t index_ = 0;
  std::optional<HistoryEvent> last_;        // The last status.
  std::map<uint64_t, uint64_t> sequences_;  // By epoch.
  bool terminal_ = false;
  bool first_of_stream_ = false;
  bool may_repeat_ = false;
};

}  // namespace

std::vector<Finding> CheckContract(const std::vector<HistoryEvent>& events) {
  ContractPass pass;
  for (size_t i = 0; i < events.size(); ++i) pass.Take(i, events[i]);
  return pass.Finish();
}

}  // namespace runcast::history
