// The thread of the poll loop.

#ifndef RUNCAST_GATEWAY_APP_POLL_THREAD_H_
#define RUNCAST_GATEWAY_APP_POLL_THREAD_H_

#include <thread>

#include "gateway/base/libevent_loop.h"

namespace runcast::app {

// Runs the loop from construction to destruction. The destructor waits for the task that runs
// and those posted before; none of them blocks.
// Lifetime: `loop` outlives this object.
class PollThread {
 public:
  explicit PollThread(base::LibeventLoop& loop) : loop_(loop), thread_([&loop] { loop.Run(); }) {}
  ~PollThread() {
    loop_.Stop();
    thread_.join();
  }
  PollThread(const PollThread&) = delete;
  PollThread& operator=(const PollThread&) = delete;

 private:
  base::LibeventLoop& loop_;
  std::thread thread_;
};

}  // namespace runcast::app

#endif  // RUNCAST_GATEWAY_APP_POLL_THREAD_H_
