#include "gateway/runs/poll_policy.h"

#include <algorithm>

namespace runcast::runs {
namespace {

// `first`, doubled with each further trouble, at most `limit`.
absl::Duration Doubling(absl::Duration first, int troubles_in_a_row, absl::Duration limit) {
  const int doublings = std::clamp(troubles_in_a_row - 1, 0, 16);
  return std::min(first * (1 << doublings), limit);
}

}  // namespace

// No window of the platform is longer.
constexpr absl::Duration kLongestThrottle = absl::Hours(1);
// Of other trouble. Proxies say an hour or a day on a page that is gone after a minute.
constexpr absl::Duration kLongestTrouble = absl::Minutes(1);

// The texts and what they mean: upstream reference, section 7.
absl::Duration ThrottleWait(const PollSituation& situation) {
  if (situation.trouble != PollTrouble::kThrottled &&
      situation.trouble != PollTrouble::kThrottledMinute &&
      situation.trouble != PollTrouble::kThrottledHour) {
    return absl::ZeroDuration();
  }
  // Zero, or a date that is past, says nothing of when the window has room again.
  const absl::Duration asked = situation.retry_after.value_or(absl::ZeroDuration());
  if (asked > absl::ZeroDuration()) return std::min(asked, kLongestThrottle);
  switch (situation.trouble) {
    case PollTrouble::kThrottledMinute:
      return absl::Seconds(60);
    case PollTrouble::kThrottledHour:
      return Doubling(absl::Minutes(5), situation.troubles_in_a_row, kLongestThrottle);
    default:
      return Doubling(absl::Seconds(60), situation.troubles_in_a_row, absl::Minutes(15));
  }
}

absl::Duration TroubleWait(const PollSituation& situation) {
  if (const absl::Duration wait = ThrottleWait(situation); wait > absl::ZeroDuration()) return wait;
  if (situation.trouble == PollTrouble::kNone) return absl::ZeroDuration();
  return std::min(situation.retry_after.value_or(absl::ZeroDuration()), kLongestTrouble);
}

PollPolicy::PollPolicy(Options options, absl::Duration sustainable) : options_(options) {
  // 2 % above, because the spread may shorten an interval by as much.
  options_.base_interval = std::max(options_.base_interval, sustainable * 1.02);
}

absl::Duration PollPolicy::Interval(const PollSituation& situation) const {
  switch (situation.trouble) {
    case PollTrouble::kRefused:
    case PollTrouble::kRejected:
      return std::max(options_.base_interval,
                      Doubling(options_.base_interval, situation.troubles_in_a_row,
                               options_.refused_interval_limit));
    default:
      break;
  }
  if (situation.unknown_word) return std::max(options_.base_interval, options_.slow_interval);
  return options_.base_interval;
}

base::MonotonicTime PollPolicy::SoonerThan(base::MonotonicTime due, const PollSituation& situation,
                                           absl::FunctionRef<int()> surplus) const {
  if (situation.expected_end.has_value() && situation.expected_end->earliest < due) {
    // Half of what is left for this window: should the end be late, the next one has some too.
    const EndWindow& window = *situation.expected_end;
    const absl::Duration length = window.latest - window.earliest;
    const double polls =
        absl::FDivDuration(length, options_.base_interval) + std::max(1, surplus() / 2);
    const absl::Duration gap = std::max(options_.min_gap, length / polls);
    return std::min(due, std::max(window.earliest, situation.last_send + gap));
  }
  const bool is_young = situation.active_since != base::MonotonicTime::InfiniteFuture() &&
                        situation.last_send < situation.active_since + options_.early_period;
  if (is_young && (!situation.has_end_hint || surplus() > options_.surplus_for_end)) {
    return std::min(due, situation.last_send + options_.early_interval);
  }
  return due;
}

PollPlan PollPolicy::Next(const PollSituation& situation, double spread,
                          absl::FunctionRef<int()> surplus) const {
  PollPlan plan;
  plan.interval = Interval(situation);
  if (situation.last_send == base::MonotonicTime::InfinitePast()) return plan;

  if (const absl::Duration wait = ThrottleWait(situation); wait > absl::ZeroDuration()) {
    plan.due = situation.last_answer + wait * (1 + 0.05 * (spread + 1));
    plan.due = std::max(plan.due, situation.last_send + plan.interval);
    plan.due_without_surplus = plan.due;
    return plan;
  }

  plan.due_without_surplus = situation.last_send + plan.interval * (1 + 0.02 * spread);
  plan.due = plan.due_without_surplus;
  if (situation.trouble != PollTrouble::kNone) {
    // A wait that the platform asks for is kept also when it is not about rates.
    plan.due = std::max(plan.due, situation.last_answer + TroubleWait(situation));
    plan.due_without_surplus = plan.due;
    return plan;
  }
  if (situation.confirming) {
    plan.due = std::min(plan.due, situation.last_send + options_.confirm_interval);
  } else if (!situation.unknown_word) {
    plan.due = SoonerThan(plan.due, situation, surplus);
  }
  return plan;
}

}  // namespace runcast::runs
