// When followers are woken for what has been queued for them.

#ifndef RUNCAST_GATEWAY_RUNS_FOLLOWER_WAKES_H_
#define RUNCAST_GATEWAY_RUNS_FOLLOWER_WAKES_H_

#include <memory>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/event_loop.h"
#include "gateway/runs/run_hub.h"

namespace runcast::runs {

// Wakes a follower once for all that comes together: a wake costs more than what it brings, on both
// sides. What comes after a silence wakes at once, with all that one round of the poll loop has;
// what comes densely, as from a thousand runs that change each second, is gathered, and waits for
// at most 10 ms. That is little beside the time between two polls, which is 1 s or more.
//
// Who has not been woken when the loop stops finds what was queued with the next thing it is told,
// in order: at the end of the process, that its calls end.
//
// Threads: poll loop only. Lifetime: `loop` outlives this object.
class FollowerWakes {
 public:
  explicit FollowerWakes(base::EventLoop& loop);

  // Wakes the follower after whatever the loop has at hand, and not within 10 ms of the last wake
  // of any.
  void Add(Follower& follower);

 private:
  void WakeAll();

  base::EventLoop& loop_;
  const std::unique_ptr<base::Timer> timer_;
  base::MonotonicTime last_wake_ = base::MonotonicTime::InfinitePast();
  std::vector<Follower*> followers_;  // Each once.
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_FOLLOWER_WAKES_H_
