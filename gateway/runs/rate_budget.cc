#include "gateway/runs/rate_budget.h"

#include <algorithm>
#include <cmath>

namespace runcast::runs {
namespace {

constexpr absl::Duration kMinute = absl::Seconds(60);
constexpr absl::Duration kHour = absl::Seconds(3600);
constexpr absl::Duration kTick = absl::Milliseconds(1);

}  // namespace

BudgetLimits BudgetLimits::FromPlatform(int per_minute, int per_hour, int pollers) {
  BudgetLimits limits;
  limits.per_minute = std::max(1, (per_minute - 2) / pollers);
  limits.per_hour =
      std::max(1, static_cast<int>(std::floor(static_cast<double>(per_hour) * 0.99)) / pollers);
  return limits;
}

absl::Duration BudgetLimits::SustainableInterval() const {
  return std::max(kMinute / per_minute, kHour / per_hour);
}

uint32_t RateBudget::ToTicks(base::MonotonicTime time) const {
  return static_cast<uint32_t>(
      absl::ToInt64Milliseconds(absl::Ceil(std::max(time - origin_, absl::ZeroDuration()), kTick)));
}

base::MonotonicTime RateBudget::FromTicks(uint32_t ticks) const { return origin_ + kTick * ticks; }

int RateBudget::AssumedIn(base::MonotonicTime now, absl::Duration window) const {
  const absl::Duration span = assumed_.end - (now - window);
  if (span <= absl::ZeroDuration()) return 0;
  return static_cast<int>(std::ceil(absl::FDivDuration(std::min(span, window), assumed_.pace)));
}

int RateBudget::HeldIn(base::MonotonicTime now, absl::Duration window) const {
  // The slot of an answer at `t` is free from `t + window` on.
  const auto first_held =
      std::partition_point(answered_.begin(), answered_.end(),
                           [&](uint32_t ticks) { return FromTicks(ticks) + window <= now; });
  return static_cast<int>(answered_.end() - first_held);
}

int RateBudget::UsedIn(base::MonotonicTime now, absl::Duration window) const {
  return in_flight_ + HeldIn(now, window) + AssumedIn(now, window);
}

bool RateBudget::Allows(base::MonotonicTime now) const { return EarliestSend(now) <= now; }

base::MonotonicTime RateBudget::EarliestIn(base::MonotonicTime now, absl::Duration window,
                                           int limit) const {
  base::MonotonicTime time = now;
  // Each step goes to the moment at which the next slot comes free; assumed slots come free in
  // steps of their pace.
  while (UsedIn(time, window) >= limit) {
    base::MonotonicTime next = base::MonotonicTime::InfiniteFuture();
    const int held = HeldIn(time, window);
    if (held > 0)
      next = FromTicks(answered_[answered_.size() - static_cast<size_t>(held)]) + window;
    const int assumed = AssumedIn(time, window);
    if (assumed > 0) {
      next = std::min(next, assumed_.end + window - assumed_.pace * (assumed - 1));
    }
    // Only requests in flight hold slots: the earliest is an answer right now.
    if (next == base::MonotonicTime::InfiniteFuture()) return now + window;
    time = std::max(next, time + kTick);
  }
  return time;
}

base::MonotonicTime RateBudget::EarliestSend(base::MonotonicTime now) const {
  return std::max(EarliestIn(now, kMinute, limits_.per_minute),
                  EarliestIn(now, kHour, limits_.per_hour));
}

int RateBudget::SurplusIn(base::MonotonicTime now, absl::Duration window, int limit,
                          absl::Duration pace) const {
  // The use rises with each scheduled send and falls with each slot that comes free, so it is
  // highest right before a slot comes free: there it must be within the limit, all scheduled
  // sends until then included.
  const auto left_at = [&](base::MonotonicTime time, int held) {
    const double scheduled = std::ceil(absl::FDivDuration(time - now, pace));
    return limit - in_flight_ - held - static_cast<int>(scheduled);
  };
  int held = HeldIn(now, window);
  int least = left_at(now + window, 0);
  for (size_t i = answered_.size() - static_cast<size_t>(held); i < answered_.size(); ++i, --held) {
    least = std::min(least, left_at(std::max(now, FromTicks(answered_[i]) + window - kTick), held));
  }
  return std::max(0, least);
}

int RateBudget::Surplus(base::MonotonicTime now, absl::Duration pace) const {
  // An earlier process may have spent its surplus already.
  if (AssumedIn(now, kHour) > 0 || !Allows(now)) return 0;
  return std::min(SurplusIn(now, kMinute, limits_.per_minute, pace),
                  SurplusIn(now, kHour, limits_.per_hour, pace));
}

void RateBudget::OnSend(base::MonotonicTime now) {
  DropExpired(now);
  if (answered_.empty() && in_flight_ == 0) origin_ = now;
  // 32 bits of milliseconds last 49 days; a run can be followed for longer.
  if (now - origin_ > absl::Hours(24)) {
    const base::MonotonicTime origin = answered_.empty() ? now : FromTicks(answered_.front());
    const uint32_t shift = ToTicks(origin);
    for (uint32_t& ticks : answered_) ticks -= shift;
    origin_ = FromTicks(shift);
  }
  ++in_flight_;
}

void RateBudget::OnAnswer(base::MonotonicTime now) {
  for (; in_flight_ > 0; --in_flight_) answered_.push_back(ToTicks(now));
}

bool RateBudget::IsEmpty(base::MonotonicTime now) const {
  return in_flight_ == 0 && HeldIn(now, kHour) == 0;
}

int RateBudget::UsedInMinute(base::MonotonicTime now) const { return UsedIn(now, kMinute); }
int RateBudget::UsedInHour(base::MonotonicTime now) const { return UsedIn(now, kHour); }

void RateBudget::DropExpired(base::MonotonicTime now) {
  const auto first_held = std::find_if(answered_.begin(), answered_.end(), [&](uint32_t ticks) {
    return FromTicks(ticks) + kHour > now;
  });
  answered_.erase(answered_.begin(), first_held);
}

}  // namespace runcast::runs
