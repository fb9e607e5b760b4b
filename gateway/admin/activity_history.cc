#include "gateway/admin/activity_history.h"

#include <utility>

namespace runcast::admin {

void ActivityHistory::Add(ActivitySample sample) {
  std::lock_guard lock(mutex_);
  samples_.push_back(std::move(sample));
  if (samples_.size() > kMostSamples) samples_.pop_front();
}

std::vector<ActivitySample> ActivityHistory::Samples() const {
  std::lock_guard lock(mutex_);
  return {samples_.begin(), samples_.end()};
}

}  // namespace runcast::admin
