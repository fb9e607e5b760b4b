// Runs that end when the test says so.

#ifndef RUNCAST_TESTS_COMPONENT_CLIENT_HELD_RUN_H_
#define RUNCAST_TESTS_COMPONENT_CLIENT_HELD_RUN_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "tests/component/client/scripted_gateway.h"

namespace runcast::tests {

// Sends one status and keeps each stream open until `Release`, then ends the run.
class HeldRun {
 public:
  ScriptedGateway::WatchScript Script() {
    return [this](ScriptedGateway::WatchCall& call) {
      call.Send(Running(7, 1, 10), "a");
      while (!released_ && !call.context().IsCancelled()) {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait_for(lock, std::chrono::milliseconds(5));
      }
      if (!call.context().IsCancelled()) call.Send(Completed(7, 2), "b");
      return grpc::Status::OK;
    };
  }
  void Release() {
    released_ = true;
    changed_.notify_all();
  }

 private:
  std::atomic<bool> released_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace runcast::tests

#endif  // RUNCAST_TESTS_COMPONENT_CLIENT_HELD_RUN_H_
