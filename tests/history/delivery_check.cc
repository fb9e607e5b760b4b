#include "tests/history/delivery_check.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace runcast::history {
namespace {

// Two clocks of one machine, read by two programs before and after a system call.
constexpr absl::Duration kClockNoise = absl::Milliseconds(5);

// How far a run has come; terminal is further than anything.
using Reach = std::pair<bool, int64_t>;

Reach ReachOf(const ServedAnswer& answer) { return {answer.terminal, answer.done}; }

std::string Words(const Reach& reach) {
  return reach.first ? "the terminal status" : absl::StrCat(reach.second, " utterances");
}

// When the watcher must have heard what was told at `told`: it is judged only by the time in which
// it had a stream.
absl::Time DueTime(const std::vector<HistoryEvent>& events, absl::Time told,
                   absl::Duration late_after) {
  absl::Time due = told + late_after;
  bool open = false;
  for (const HistoryEvent& event : events) {
    if (event.at > due) break;
    if (event.kind == HistoryEvent::Kind::kOpened) {
      open = true;
      due = std::max(due, event.at + late_after);
    } else if (event.kind == HistoryEvent::Kind::kEnded) {
      open = false;
    }
  }
  if (open) return due;
  for (const HistoryEvent& event : events) {
    if (event.kind == HistoryEvent::Kind::kOpened && event.at > due) {
      return DueTime(events, event.at, late_after);
    }
  }
  return absl::InfiniteFuture();
}

void FindUnheard(const std::vector<HistoryEvent>& events, const std::vector<ServedAnswer>& answers,
                 const DeliveryRules& rules, std::vector<Finding>& findings) {
  // Statuses with their reach, which only grows: what falls is the contract check's business.
  std::vector<std::pair<absl::Time, Reach>> heard;
  Reach furthest_heard{false, -1};
  for (const HistoryEvent& event : events) {
    if (event.kind != HistoryEvent::Kind::kStatus) continue;
    furthest_heard = std::max(furthest_heard, Reach{event.terminal, event.done.value_or(0)});
    heard.emplace_back(event.at, furthest_heard);
  }
  Reach furthest_told{false, -1};
  for (const ServedAnswer& answer : answers) {
    const Reach reach = ReachOf(answer);
    if (answer.faulty || reach <= furthest_told) continue;
    furthest_told = reach;
    const absl::Time due = DueTime(events, answer.answered, rules.late_after);
    if (due > rules.closed) continue;
    const auto found = std::find_if(heard.begin(), heard.end(), [&](const auto& status) {
      return status.second.first || (!reach.first && status.second >= reach);
    });
    if (found == heard.end()) {
      findings.push_back({reach.first ? Finding::Kind::kMissingTerminal : Finding::Kind::kLost,
                          absl::StrCat("never heard of ", Words(reach), ", told at ",
                                       absl::ToUnixMillis(answer.answered), " ms")});
    } else if (found->first > due) {
      findings.push_back(
          {Finding::Kind::kLate,
           absl::StrCat("heard of ", Words(reach), " ",
                        absl::FormatDuration(found->first - answer.answered), " after it was told ",
                        "at ", absl::ToUnixMillis(answer.answered), " ms")});
    }
  }
}

void FindInvented(const std::vector<HistoryEvent>& events, const std::vector<ServedAnswer>& answers,
                  std::vector<Finding>& findings) {
  for (size_t i = 0; i < events.size(); ++i) {
    const HistoryEvent& event = events[i];
    if (event.kind != HistoryEvent::Kind::kStatus) continue;
    Reach told{false, -1};
    for (const ServedAnswer& answer : answers) {
      if (answer.received <= event.at + kClockNoise) told = std::max(told, ReachOf(answer));
    }
    const Reach heard{event.terminal, event.terminal ? 0 : event.done.value_or(0)};
    if (heard > told && (heard.first || heard.second > 0)) {
      findings.push_back(
          {Finding::Kind::kInvented,
           absl::StrCat("event ", i, ": ", Words(heard), ", which the platform had not told")});
    }
  }
}

}  // namespace

std::vector<Finding> CheckDelivery(const std::vector<HistoryEvent>& events,
                                   const std::vector<ServedAnswer>& answers,
                                   const DeliveryRules& rules) {
  std::vector<Finding> findings;
  FindUnheard(events, answers, rules, findings);
  FindInvented(events, answers, findings);
  return findings;
}

}  // namespace runcast::history
