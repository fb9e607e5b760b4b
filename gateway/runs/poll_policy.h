// When to ask the platform next about a run.
//
// Three paces. Base pace can be kept for ever. While a run is young and nothing tells when it will
// end, a short run is likely, so it is asked for every second. Near the predicted end polls get
// dense: half of the surplus is spread over the time in which the end is expected. Both of these
// are paid from surplus only, so a progress bar that sticks or lies costs the surplus and nothing
// else.
//
// Pure: no clock, thread or socket. The gate (rate_budget.h) has the last word on every poll;
// this only proposes. Sources: architecture, section 4; upstream reference, sections 4.4 and 7.

#ifndef RUNCAST_GATEWAY_RUNS_POLL_POLICY_H_
#define RUNCAST_GATEWAY_RUNS_POLL_POLICY_H_

#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "gateway/base/clock.h"
#include "gateway/runs/end_window.h"

namespace runcast::runs {

// What the last polls brought.
enum class PollTrouble {
  kNone,
  kUnavailable,  // No answer, 5xx, nonsense: the next scheduled poll is the retry.
  kRefused,      // Credentials or scope: wait for somebody to mend them.
  kRejected,     // The platform calls the request wrong.
  kThrottled,    // Too many calls; the text does not say of which window.
  kThrottledMinute,
  kThrottledHour,
};

// Everything that the decision depends on.
struct PollSituation {
  // InfinitePast: never asked.
  base::MonotonicTime last_send = base::MonotonicTime::InfinitePast();
  base::MonotonicTime last_answer = base::MonotonicTime::InfinitePast();
  // Since when this process knows the run as active; InfiniteFuture: not yet.
  base::MonotonicTime active_since = base::MonotonicTime::InfiniteFuture();
  // Whether there is a hint of when the run ends, and when that will probably be.
  bool has_end_hint = false;
  std::optional<EndWindow> expected_end;
  // The word of the platform's state is not known: ask slowly.
  bool unknown_word = false;
  // The run seems to have ended, but the answer is not whole yet: ask soon.
  bool confirming = false;
  PollTrouble trouble = PollTrouble::kNone;
  // Polls in a row that ended with `trouble`.
  int troubles_in_a_row = 0;
  // The platform's own word on when to ask again, counted from `last_answer`.
  std::optional<absl::Duration> retry_after;
};

struct PollPlan {
  // When to ask; may lie in the past: at once.
  base::MonotonicTime due = base::MonotonicTime::InfinitePast();
  // When to ask if there is no surplus in the budget; `due` or later. Equal: `due` needs none.
  base::MonotonicTime due_without_surplus = base::MonotonicTime::InfinitePast();
  // The interval this belongs to: no good answer for two of them means stale.
  absl::Duration interval;
};

// How long the platform wants to be left alone after a refusal by rate: as it said, at most an
// hour, else by the text of the refusal. Zero: its last answer was no such refusal.
absl::Duration ThrottleWait(const PollSituation& situation);

// The same for trouble of any kind; as the platform said, but at most a minute where it is not
// about rates, for news must come soon after it is well again.
absl::Duration TroubleWait(const PollSituation& situation);

// Threads: any; immutable.
class PollPolicy {
 public:
  struct Options {
    absl::Duration base_interval = absl::Milliseconds(2100);
    absl::Duration early_interval = absl::Seconds(1);
    absl::Duration early_period = absl::Minutes(2);
    // Shortest time between two polls of a run, near the predicted end or for readers.
    absl::Duration min_gap = absl::Milliseconds(250);
    // What early polls leave of the surplus for the end, when the end can be predicted.
    int surplus_for_end = 40;
    // With a whole answer missing right at the end.
    absl::Duration confirm_interval = absl::Seconds(2);
    // With a status word that nobody knows.
    absl::Duration slow_interval = absl::Seconds(10);
    // The longest wait after refusals of credentials or of the request itself, so that what was
    // mended is seen soon.
    absl::Duration refused_interval_limit = absl::Seconds(8);
  };

  // `sustainable` is the pace that the budget allows for ever; the base interval is raised to it.
  PollPolicy(Options options, absl::Duration sustainable);

  // `spread` is in [-1, 1], a random number that stays the same for one poll: it moves the due
  // time by up to 2 % (refusals: later by up to 10 %), so that runs do not march in step.
  // `surplus` tells how many polls beside the pace the budget allows; asked only when it matters.
  PollPlan Next(const PollSituation& situation, double spread,
                absl::FunctionRef<int()> surplus) const;

  absl::Duration base_interval() const { return options_.base_interval; }
  absl::Duration min_gap() const { return options_.min_gap; }

 private:
  absl::Duration Interval(const PollSituation& situation) const;
  // When to ask beside the pace, on a run that is well; `due` if there is no reason to.
  base::MonotonicTime SoonerThan(base::MonotonicTime due, const PollSituation& situation,
                                 absl::FunctionRef<int()> surplus) const;

  Options options_;
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_POLL_POLICY_H_
