// How the polls of one run went lately: what is wrong, how often in a row, and since when.
//
// Keeps the account; what follows from it for watchers is the feed's to decide (run_feed.h).
// Pure.

#ifndef RUNCAST_GATEWAY_RUNS_POLL_RECORD_H_
#define RUNCAST_GATEWAY_RUNS_POLL_RECORD_H_

#include <optional>

#include "absl/time/time.h"
#include "gateway/base/clock.h"
#include "gateway/runs/failure_meaning.h"
#include "gateway/runs/poll_policy.h"
#include "gateway/runs/run_error.h"
#include "gateway/upstream/status_client.h"

namespace runcast::runs {

class PollRecord {
 public:
  void OnGoodAnswer();
  // `interval`: at which the run is polled.
  void OnFailure(const upstream::PollFailure& failure, const FailureMeaning& meaning,
                 absl::Duration interval, base::MonotonicTime now);

  // A good answer that shows an older state than before; the next that does not.
  void OnWentBack(base::MonotonicTime now);
  static RunError WentBackError();
  void OnWentOn() { went_back_since_ = base::MonotonicTime::InfiniteFuture(); }

  // No poll comes soon, for this reason.
  void OnHeldBack(const RunError& why, base::MonotonicTime now);
  // Nobody asks for the run: the time until somebody does counts for nothing.
  void ForgetOutage() {
    is_outage_ = false;
    outage_since_ = base::MonotonicTime::InfiniteFuture();
  }
  // Two intervals without a good answer, and nothing else is known to be wrong.
  void OnSilence();

  bool HasTrouble() const { return trouble_ != PollTrouble::kNone; }
  // Failures of any kind since the last good answer.
  int failures_in_a_row() const { return failures_in_a_row_; }
  // Whether the last good answer showed an older state than before.
  bool IsBehind() const { return went_back_since_ != base::MonotonicTime::InfiniteFuture(); }
  // Whether older states have come for so long that the newest one counts as stale.
  bool WentBackForLong(base::MonotonicTime now) const;
  // Whether a run that was seen is gone by now: not found again and again.
  bool IsDeleted(base::MonotonicTime now) const;
  // Since when no good answer came, if the platform fails now; InfiniteFuture: it does not.
  // Refusals of any kind are no failure of the platform, but do not end one either.
  base::MonotonicTime outage_since() const {
    return is_outage_ ? outage_since_ : base::MonotonicTime::InfiniteFuture();
  }

  // Of the last poll, or why there was none; kNone: all is well.
  RunError& error() { return error_; }
  const RunError& error() const { return error_; }

  // Fills in what the poll policy must know.
  void Describe(PollSituation& situation) const;

 private:
  void SetOutage(bool is_outage, base::MonotonicTime now);

  PollTrouble trouble_ = PollTrouble::kNone;
  int troubles_in_a_row_ = 0;
  int failures_in_a_row_ = 0;
  std::optional<absl::Duration> retry_after_;
  RunError error_;
  bool is_outage_ = false;  // Whether the last failure was the platform's.
  base::MonotonicTime outage_since_ = base::MonotonicTime::InfiniteFuture();
  base::MonotonicTime went_back_since_ = base::MonotonicTime::InfiniteFuture();
  base::MonotonicTime not_found_since_ = base::MonotonicTime::InfiniteFuture();
  int not_found_in_a_row_ = 0;
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_POLL_RECORD_H_
