// A thread that runs an event loop.

#ifndef RUNCAST_GATEWAY_BASE_LOOP_THREAD_H_
#define RUNCAST_GATEWAY_BASE_LOOP_THREAD_H_

#include <thread>

#include "gateway/base/libevent_loop.h"

namespace runcast::base {

// Runs the loop from construction to destruction. The destructor waits for the task that runs
// and those posted before; none of them blocks.
// Lifetime: `loop` outlives this object.
class LoopThread {
 public:
  explicit LoopThread(LibeventLoop& loop) : loop_(loop), thread_([&loop] { loop.Run(); }) {}
  ~LoopThread() {
    loop_.Stop();
    thread_.join();
  }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

 private:
  LibeventLoop& loop_;
  std::thread thread_;
};

}  // namespace runcast::base

#endif  // RUNCAST_GATEWAY_BASE_LOOP_THREAD_H_
