#include "gateway/auth/clock_difference.h"

#include <algorithm>

namespace runcast::auth {

void ClockDifference::Add(absl::Time platform, base::MonotonicTime now) {
  platform_at_origin_[added_ % kSamples] = platform - now.since_origin();
  ++added_;
}

absl::Time ClockDifference::PlatformTime(base::MonotonicTime now, absl::Time wall) const {
  if (added_ < kSamples) return wall;
  std::array<absl::Time, kSamples> sorted = platform_at_origin_;
  std::sort(sorted.begin(), sorted.end());
  const absl::Time platform = sorted[kSamples / 2] + now.since_origin();
  return absl::AbsDuration(platform - wall) > kTolerance ? platform : wall;
}

}  // namespace runcast::auth
