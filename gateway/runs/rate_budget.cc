#include "gateway/runs/rate_budget.h"

#include <algorithm>
#include <cmath>
#include <iterator>

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
    MoveOrigin(answered_.empty() ? ToTicks(now) : answered_.front());
  }
  ++in_flight_;
}

void RateBudget::MoveOrigin(int64_t by_ticks) {
  for (uint32_t& ticks : answered_) ticks = static_cast<uint32_t>(ticks - by_ticks);
  origin_ = origin_ + kTick * by_ticks;
}

base::MonotonicTime RateBudget::AddAlone(base::MonotonicTime time) {
  uint32_t ticks = ToTicks(time);
  // Nearly always behind the last one.
  auto place = answered_.end();
  while (place != answered_.begin() && *std::prev(place) > ticks) --place;
  if (place != answered_.begin() && *std::prev(place) == ticks) {
    for (++ticks; place != answered_.end() && *place == ticks; ++place) ++ticks;
  }
  answered_.insert(place, ticks);
  return FromTicks(ticks);
}

void RateBudget::OnAnswer(base::MonotonicTime now, std::vector<base::MonotonicTime>* added) {
  for (; in_flight_ > 0; --in_flight_) {
    if (added != nullptr) {
      added->push_back(AddAlone(now));
    } else {
      answered_.push_back(ToTicks(now));
    }
  }
}

void RateBudget::Charge(base::MonotonicTime at, std::vector<base::MonotonicTime>& added) {
  DropExpired(at);
  if (answered_.empty() && in_flight_ == 0) origin_ = at;
  added.push_back(AddAlone(at));
}

std::vector<base::MonotonicTime> RateBudget::Export(base::MonotonicTime now) const {
  std::vector<base::MonotonicTime> sends;
  const auto held = static_cast<size_t>(HeldIn(now, kHour));
  sends.reserve(held + static_cast<size_t>(in_flight_));
  for (size_t i = answered_.size() - held; i < answered_.size(); ++i) {
    sends.push_back(FromTicks(answered_[i]));
  }
  for (int i = 0; i < in_flight_; ++i) sends.push_back(now + kTick * i);
  return sends;
}

void RateBudget::Import(std::vector<base::MonotonicTime> sends) {
  if (sends.empty()) return;
  std::sort(sends.begin(), sends.end());
  if (answered_.empty() && in_flight_ == 0) origin_ = sends.front();
  if (sends.front() < origin_) {
    MoveOrigin(-absl::ToInt64Milliseconds(absl::Ceil(origin_ - sends.front(), kTick)));
  }
  std::vector<uint32_t> merged;
  merged.reserve(answered_.size() + sends.size());
  auto known = answered_.begin();
  for (const base::MonotonicTime send : sends) {
    const uint32_t ticks = ToTicks(send);
    while (known != answered_.end() && *known < ticks) merged.push_back(*known++);
    if (known != answered_.end() && *known == ticks) continue;
    if (merged.empty() || merged.back() != ticks) merged.push_back(ticks);
  }
  merged.insert(merged.end(), known, answered_.end());
  answered_.swap(merged);
}

base::MonotonicTime RateBudget::OldestSend() const {
  return answered_.empty() ? base::MonotonicTime::InfiniteFuture() : FromTicks(answered_.front());
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
