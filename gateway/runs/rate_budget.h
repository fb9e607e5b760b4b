// The gate that no poll of a run id passes unpaid: the platform's two rolling windows.
//
// Pure: no clock, thread or socket. Source of the limits: upstream reference, section 7.

#ifndef RUNCAST_GATEWAY_RUNS_RATE_BUDGET_H_
#define RUNCAST_GATEWAY_RUNS_RATE_BUDGET_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "gateway/base/clock.h"

namespace runcast::runs {

// What one process may spend on one run id: the platform's limits less the reserve, divided by
// the number of pollers that share them.
struct BudgetLimits {
  // Keeps back 2 polls of the minute and 1 % of the hour, for what the platform may count
  // otherwise than we do. At least one poll remains in each window.
  static BudgetLimits FromPlatform(int per_minute, int per_hour, int pollers);

  // The shortest interval that both windows allow for ever.
  absl::Duration SustainableInterval() const;

  int per_minute = 58;
  int per_hour = 1782;
};

// The sends of the past that this process did not see: at this pace, up to this time. Another
// process may have polled the run just before this one started.
struct AssumedPast {
  base::MonotonicTime end = base::MonotonicTime::InfinitePast();
  absl::Duration pace = absl::Seconds(2);
};

// The platform counts a request somewhere between its send and its answer, so a slot is taken at
// the send and held until the answer plus the window. Exact to the millisecond, rounded up.
//
// Memory: 4 bytes for each send of the last hour.
class RateBudget {
 public:
  RateBudget(BudgetLimits limits, AssumedPast assumed) : limits_(limits), assumed_(assumed) {}

  // Whether a send is within both windows now.
  bool Allows(base::MonotonicTime now) const;

  // How many sends beside a schedule of `pace` leave enough for that schedule to go on for ever:
  // what early polls, readers and dense polls are paid from. None while an assumed past counts.
  int Surplus(base::MonotonicTime now, absl::Duration pace) const;

  // The first time from `now` on at which `Allows`, as far as it is known; `now` may lie ahead.
  // While slots are held by requests without an answer this may still move.
  base::MonotonicTime EarliestSend(base::MonotonicTime now) const;

  // One request went out.
  void OnSend(base::MonotonicTime now);
  // All requests that went out have been answered, or given up. Their places in the log are
  // added to `added`, if given.
  void OnAnswer(base::MonotonicTime now, std::vector<base::MonotonicTime>* added = nullptr);

  // A run's log travels with it from replica to replica, as the times of answers. The same time
  // twice is the same send told twice, so what goes into an `added` has a millisecond of its own.
  //
  // The sends of the last hour; those without an answer count as answered at `now`.
  std::vector<base::MonotonicTime> Export(base::MonotonicTime now) const;
  // Adds sends made elsewhere; those that the log has are left out. May lie ahead.
  void Import(std::vector<base::MonotonicTime> sends);
  // Counts one send that somebody else has made, or may have.
  void Charge(base::MonotonicTime at, std::vector<base::MonotonicTime>& added);
  // The oldest send in the log; InfiniteFuture when it is empty.
  base::MonotonicTime OldestSend() const;

  // Takes for granted that the past up to `end` was as `assumed` at the start says.
  void AssumePastUntil(base::MonotonicTime end) { assumed_.end = end; }
  base::MonotonicTime assumed_until() const { return assumed_.end; }
  // Forgets all sends but those without an answer.
  void ForgetAnswered() { answered_.clear(); }
  // Forgets the assumed past: the run is younger than this process.
  void DropAssumedPast() { assumed_.end = base::MonotonicTime::InfinitePast(); }

  // Whether nothing that this log saw in the last hour is left, so that it may go. (What was
  // assumed will be assumed again.)
  bool IsEmpty(base::MonotonicTime now) const;

  int in_flight() const { return in_flight_; }
  int UsedInMinute(base::MonotonicTime now) const;
  int UsedInHour(base::MonotonicTime now) const;

  const BudgetLimits& limits() const { return limits_; }

 private:
  // Milliseconds since the first send of this log, rounded up.
  uint32_t ToTicks(base::MonotonicTime time) const;
  base::MonotonicTime FromTicks(uint32_t ticks) const;
  // Assumed sends in the `window` before `now`.
  int AssumedIn(base::MonotonicTime now, absl::Duration window) const;
  // Answered sends whose slot in `window` is still held.
  int HeldIn(base::MonotonicTime now, absl::Duration window) const;
  int UsedIn(base::MonotonicTime now, absl::Duration window) const;
  base::MonotonicTime EarliestIn(base::MonotonicTime now, absl::Duration window, int limit) const;
  int SurplusIn(base::MonotonicTime now, absl::Duration window, int limit,
                absl::Duration pace) const;
  void DropExpired(base::MonotonicTime now);
  // Moves the origin of the ticks back or forth to `origin`, on which they count in whole steps.
  void MoveOrigin(int64_t by_ticks);
  // At a millisecond of its own, which it returns.
  base::MonotonicTime AddAlone(base::MonotonicTime time);

  BudgetLimits limits_;
  AssumedPast assumed_;
  base::MonotonicTime origin_;  // Of the ticks; set by the first send after emptiness.
  // Times of answers, rising. No deque: that takes 600 bytes for one number, and most logs are of
  // runs that somebody asked for once.
  std::vector<uint32_t> answered_;
  int in_flight_ = 0;
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_RATE_BUDGET_H_
