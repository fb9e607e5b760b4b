// The event loop of a real thread, on libevent.

#ifndef RUNCAST_GATEWAY_BASE_LIBEVENT_LOOP_H_
#define RUNCAST_GATEWAY_BASE_LIBEVENT_LOOP_H_

#include <memory>
#include <mutex>
#include <vector>

#include "gateway/base/event_loop.h"

struct event;
struct event_base;

namespace runcast::base {

// Threads: `Post` and `Stop` from any thread; `Run` makes the calling thread the loop's.
// Lifetime: `clock` outlives this object. The destructor waits for nothing: `Run` must have
//   returned; tasks still queued are destroyed without running.
class LibeventLoop final : public EventLoop {
 public:
  explicit LibeventLoop(const Clock& clock);
  ~LibeventLoop() override;

  // Runs until `Stop`.
  void Run();
  // Makes `Run` return after the tasks posted before.
  void Stop();

  const Clock& clock() const override { return clock_; }
  void Post(Task task) override;
  std::unique_ptr<Timer> NewTimer(Task task) override;
  std::unique_ptr<FdWatch> WatchFd(int fd, FdCallback callback) override;

 private:
  void RunPosted();

  const Clock& clock_;
  event_base* const base_;
  const int wake_fd_;
  event* wake_event_ = nullptr;
  std::vector<Task> running_;  // What RunPosted works on; kept for its memory.

  std::mutex mutex_;
  std::vector<Task> posted_;   // Guarded by mutex_.
  bool wake_pending_ = false;  // Guarded by mutex_: at most one wake is in flight.
};

}  // namespace runcast::base

#endif  // RUNCAST_GATEWAY_BASE_LIBEVENT_LOOP_H_
