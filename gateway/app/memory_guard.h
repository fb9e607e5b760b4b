// Refuses new work before the kernel ends the process for its memory.

#ifndef RUNCAST_GATEWAY_APP_MEMORY_GUARD_H_
#define RUNCAST_GATEWAY_APP_MEMORY_GUARD_H_

#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "gateway/base/event_loop.h"

namespace runcast::app {

// Full from 85 % of the limit on, until less than 80 % are used again: open streams go on, new
// calls are told to ask another replica.
//
// gRPC's own ResourceQuota would cancel streams at random instead.
//
// Threads: the loop's only.
// Lifetime: `loop` outlives this object.
class MemoryGuard {
 public:
  static constexpr double kFull = 0.85;
  static constexpr double kRoomAgain = 0.80;
  // Thousands of streams that open at once take tens of megabytes in a quarter of a second, which
  // is more than the last 15 % of a small limit; a look costs about 10 µs.
  static constexpr absl::Duration kInterval = absl::Milliseconds(50);

  // `used` tells the bytes in use; `set_full` gets every change.
  MemoryGuard(base::EventLoop& loop, uint64_t limit_bytes, absl::AnyInvocable<double()> used,
              absl::AnyInvocable<void(bool)> set_full);

 private:
  void Look();

  base::EventLoop& loop_;
  const double limit_;
  absl::AnyInvocable<double()> used_;
  absl::AnyInvocable<void(bool)> set_full_;
  bool full_ = false;
  const std::unique_ptr<base::Timer> timer_;
};

}  // namespace runcast::app

#endif  // RUNCAST_GATEWAY_APP_MEMORY_GUARD_H_
