// A clock that moves because the test moves it.

#ifndef RUNCAST_TESTS_FAKES_FAKE_CLOCK_H_
#define RUNCAST_TESTS_FAKES_FAKE_CLOCK_H_

#include <mutex>

#include "absl/time/time.h"
#include "gateway/base/clock.h"

namespace runcast::fakes {

// Starts at an odd monotonic time and 2030-01-02 03:04:05 UTC. Threads: any.
class FakeClock final : public base::Clock {
 public:
  base::MonotonicTime Now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  absl::Time WallNow() const override {
    const std::lock_guard lock(mutex_);
    return wall_now_;
  }

  void Advance(absl::Duration by) {
    const std::lock_guard lock(mutex_);
    now_ = now_ + by;
    wall_now_ += by;
  }
  // The wall clock alone jumps, as when somebody sets it.
  void JumpWall(absl::Duration by) {
    const std::lock_guard lock(mutex_);
    wall_now_ += by;
  }

 private:
  mutable std::mutex mutex_;
  base::MonotonicTime now_ = base::MonotonicTime::FromOrigin(absl::Seconds(1234));
  absl::Time wall_now_ = absl::FromUnixSeconds(1893553445);
};

}  // namespace runcast::fakes

#endif  // RUNCAST_TESTS_FAKES_FAKE_CLOCK_H_
