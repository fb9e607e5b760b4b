#include "gateway/admin/activity_history.h"

namespace runcast::admin {

void ActivityHistory::Add(const ActivitySample& sample) {
  std::lock_guard lock(mutex_);
  samples_.push_back(sample);
  if (samples_.size() > kMostSamples) samples_.pop_front();
}

std::vector<ActivitySample> ActivityHistory::Samples() const {
  std::lock_guard lock(mutex_);
  return {samples_.begin(), samples_.end()};
}

}  // namespace runcast::admin
