#include "gateway/runs/follower_wakes.h"

#include <algorithm>

namespace runcast::runs {

FollowerWakes::FollowerWakes(base::EventLoop& loop)
    : loop_(loop), timer_(loop.NewTimer([this] { WakeAll(); })) {}

void FollowerWakes::Add(Follower& follower) {
  // One a serving loop, so there are few.
  if (std::find(followers_.begin(), followers_.end(), &follower) != followers_.end()) return;
  // Due at once, which is after the descriptors that are ready by then.
  if (followers_.empty()) timer_->Set(loop_.clock().Now());
  followers_.push_back(&follower);
}

void FollowerWakes::WakeAll() {
  for (Follower* follower : followers_) follower->Wake();
  followers_.clear();
}

}  // namespace runcast::runs
