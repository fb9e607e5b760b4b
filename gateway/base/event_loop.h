// One thread's loop of file descriptors, timers and posted tasks.

#ifndef RUNCAST_GATEWAY_BASE_EVENT_LOOP_H_
#define RUNCAST_GATEWAY_BASE_EVENT_LOOP_H_

#include <memory>

#include "absl/functional/any_invocable.h"
#include "gateway/base/clock.h"

namespace runcast::base {

using Task = absl::AnyInvocable<void()>;

// Runs its task once each time it is set. Loop thread only.
// Destroying it cancels it; that is allowed inside its own task.
class Timer {
 public:
  virtual ~Timer() = default;
  // Runs the task at or soon after `when`; replaces an earlier setting. One that is due at once
  // runs after the callbacks of the descriptors that the loop's next look finds ready.
  virtual void Set(MonotonicTime when) = 0;
  virtual void Cancel() = 0;
};

// Watches one descriptor. Loop thread only. Destroying it ends the watch; that is allowed
// inside its own callback. The descriptor is not owned.
class FdWatch {
 public:
  virtual ~FdWatch() = default;
  virtual void SetInterest(bool readable, bool writable) = 0;
};

// Threads: `Post` and `clock` from any thread, all else on the loop's thread (or before it runs).
// Lifetime: timers and watches made here must be destroyed before the loop.
class EventLoop {
 public:
  using FdCallback = absl::AnyInvocable<void(bool readable, bool writable)>;

  virtual ~EventLoop() = default;

  virtual const Clock& clock() const = 0;

  // Runs `task` on the loop's thread, in the order of posting; never before returning. Tasks
  // posted after the loop stopped are destroyed without running.
  virtual void Post(Task task) = 0;

  virtual std::unique_ptr<Timer> NewTimer(Task task) = 0;
  virtual std::unique_ptr<FdWatch> WatchFd(int fd, FdCallback callback) = 0;
};

}  // namespace runcast::base

#endif  // RUNCAST_GATEWAY_BASE_EVENT_LOOP_H_
