#include "gateway/runs/platform_reach.h"

namespace runcast::runs {
namespace {

constexpr int kFailures = 3;
constexpr absl::Duration kLeastTime = absl::Seconds(2);
constexpr absl::Duration kFailureMemory = absl::Minutes(5);

}  // namespace

void PlatformReach::OnNoAnswer(base::MonotonicTime now) {
  if (failures_ > 0 && now - last_ > kFailureMemory) failures_ = 0;
  if (++failures_ == 1) first_ = now;
  last_ = now;
}

bool PlatformReach::IsLost(base::MonotonicTime now) const {
  return failures_ >= kFailures && last_ - first_ >= kLeastTime && now - last_ <= kFailureMemory;
}

}  // namespace runcast::runs
