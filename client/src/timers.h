// Time for the parts of the client that wait: a clock and tasks that run later.

#ifndef RUNCAST_CLIENT_SRC_TIMERS_H_
#define RUNCAST_CLIENT_SRC_TIMERS_H_

#include <chrono>
#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"

namespace runcast::client {

// Never jumps, unlike absl::Time.
using MonotonicTime = std::chrono::steady_clock::time_point;
using Task = absl::AnyInvocable<void()>;
using TimerId = uint64_t;  // 0 is never given out.

// Infinite and absurd durations become a hundred years, so that sums cannot overflow.
inline MonotonicTime After(MonotonicTime start, absl::Duration wait) {
  constexpr absl::Duration kLongest = absl::Hours(24 * 36525);
  return start + absl::ToChronoNanoseconds(wait > kLongest ? kLongest : wait);
}

inline absl::Duration Between(MonotonicTime from, MonotonicTime to) {
  return absl::FromChrono(to - from);
}

// Threads: that of the loop behind it.
class Timers {
 public:
  virtual ~Timers() = default;
  virtual MonotonicTime Now() const = 0;
  // Runs `task` once, at or soon after `when`.
  virtual TimerId Set(MonotonicTime when, Task task) = 0;
  // Does nothing when the task has run, and for 0.
  virtual void Cancel(TimerId id) = 0;
};

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_TIMERS_H_
