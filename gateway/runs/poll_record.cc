#include "gateway/runs/poll_record.h"

#include <algorithm>

namespace runcast::runs {
namespace {

// Contract: "smaller for 30 s marks the status stale".
constexpr absl::Duration kWentBackLimit = absl::Seconds(30);
// Contract: "three in a row over at least 10 s, then NOT_FOUND RUN_DELETED".
constexpr int kDeletedPolls = 3;
constexpr absl::Duration kDeletedTime = absl::Seconds(10);

}  // namespace

void PollRecord::OnGoodAnswer() {
  // Whether it shows an older state is another question.
  const base::MonotonicTime went_back_since = went_back_since_;
  *this = PollRecord();
  went_back_since_ = went_back_since;
}

void PollRecord::OnFailure(const upstream::PollFailure& failure, const FailureMeaning& meaning,
                           absl::Duration interval, base::MonotonicTime now) {
  ++failures_in_a_row_;
  troubles_in_a_row_ = meaning.trouble == trouble_ ? troubles_in_a_row_ + 1 : 1;
  trouble_ = meaning.trouble;
  retry_after_ = failure.retry_after;
  PollSituation situation;
  Describe(situation);
  error_ = RunError{.reason = meaning.reason,
                    .message = failure.message,
                    .retry_after = std::max(interval, TroubleWait(situation)),
                    .after_upstream = true};
  if (meaning.outcome == telemetry::PollOutcome::kNotFound) {
    not_found_since_ = std::min(not_found_since_, now);
    ++not_found_in_a_row_;
  } else {
    not_found_since_ = base::MonotonicTime::InfiniteFuture();
    not_found_in_a_row_ = 0;
  }
  SetOutage(meaning.is_outage, now);
}

void PollRecord::OnWentBack(base::MonotonicTime now) {
  went_back_since_ = std::min(went_back_since_, now);
  if (WentBackForLong(now)) error_ = WentBackError();
}

RunError PollRecord::WentBackError() {
  return RunError{.reason = Reason::kUpstreamWentBack,
                  .message = "the platform gives an older state than before"};
}

void PollRecord::SetOutage(bool is_outage, base::MonotonicTime now) {
  is_outage_ = is_outage;
  if (is_outage) outage_since_ = std::min(outage_since_, now);
}

void PollRecord::OnHeldBack(const RunError& why, base::MonotonicTime now) {
  // Behind the breaker a run may not be asked for at all, but its outage lasts all the same.
  if (why.reason == Reason::kUpstreamUnavailable) SetOutage(true, now);
  if (!HasTrouble()) {
    error_ = why;
  } else {
    // Trouble that the platform had already explains more than the wait.
    error_.retry_after = why.retry_after;
  }
}

void PollRecord::OnSilence() {
  if (error_.reason != Reason::kNone) return;
  error_ = RunError{.reason = Reason::kUpstreamUnavailable,
                    .message = "the platform has not answered for two intervals"};
}

bool PollRecord::WentBackForLong(base::MonotonicTime now) const {
  return now >= went_back_since_ + kWentBackLimit;
}

bool PollRecord::IsDeleted(base::MonotonicTime now) const {
  return not_found_in_a_row_ >= kDeletedPolls && now >= not_found_since_ + kDeletedTime;
}

void PollRecord::Describe(PollSituation& situation) const {
  situation.trouble = trouble_;
  situation.troubles_in_a_row = troubles_in_a_row_;
  situation.retry_after = retry_after_;
}

}  // namespace runcast::runs
