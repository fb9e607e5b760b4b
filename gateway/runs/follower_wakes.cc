#include "gateway/runs/follower_wakes.h"

#include <algorithm>

#include "absl/time/time.h"

namespace runcast::runs {
namespace {

// Two of the moments at which polls are due, so that dense ones share a wake.
constexpr absl::Duration kGap = absl::Milliseconds(10);

}  // namespace

FollowerWakes::FollowerWakes(base::EventLoop& loop)
    : loop_(loop), timer_(loop.NewTimer([this] { WakeAll(); })) {}

void FollowerWakes::Add(Follower& follower) {
  // One a serving loop, so there are few.
  if (std::find(followers_.begin(), followers_.end(), &follower) != followers_.end()) return;
  // What is due at once comes after the descriptors that are ready by then.
  if (followers_.empty()) timer_->Set(std::max(loop_.clock().Now(), last_wake_ + kGap));
  followers_.push_back(&follower);
}

void FollowerWakes::WakeAll() {
  last_wake_ = loop_.clock().Now();
  for (Follower* follower : followers_) follower->Wake();
  followers_.clear();
}

}  // namespace runcast::runs
