// The client's own thread: a gRPC completion queue, timers and posted tasks.

#ifndef RUNCAST_CLIENT_SRC_CALL_LOOP_H_
#define RUNCAST_CLIENT_SRC_CALL_LOOP_H_

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "client/src/timer_queue.h"
#include "client/src/timers.h"

namespace runcast::client {

// What a tag of the completion queue points to.
class CallEvent {
 public:
  virtual ~CallEvent() = default;
  virtual void OnEvent(bool ok) = 0;
};

// Threads: `Post`, `InLoop` and `Stop` from any thread, all else on the loop's own.
// Lifetime: the thread runs from the constructor until `Stop`, which must come before the
//   destructor. `Stop` waits until every live call has ended.
class CallLoop final : public Timers {
 public:
  CallLoop();
  ~CallLoop() override;

  // Runs `task` on the loop, in the order of posting, never before returning. False once `Stop` was
  // called: then it is destroyed without running.
  bool Post(Task task);
  bool InLoop() const { return std::this_thread::get_id() == thread_.get_id(); }

  // Runs `last` on the loop after the tasks posted before, then joins the thread once no call is
  // live any more. Timers that are not due yet are dropped. Only the first call does something.
  void Stop(Task last);

  MonotonicTime Now() const override { return std::chrono::steady_clock::now(); }
  TimerId Set(MonotonicTime when, Task task) override { return timers_.Add(when, std::move(task)); }
  void Cancel(TimerId id) override { timers_.Cancel(id); }

  grpc::CompletionQueue& queue() { return queue_; }
  // A call has events to come between these two.
  void CallStarted() { ++live_calls_; }
  void CallEnded() { --live_calls_; }

 private:
  // The event that only makes the loop look at its posted tasks.
  class Wake final : public CallEvent {
   public:
    explicit Wake(CallLoop& loop) : loop_(loop) {}
    void OnEvent(bool ok) override;

   private:
    CallLoop& loop_;
  };

  void PostLocked(Task task);
  void Run();
  void RunPosted();

  grpc::CompletionQueue queue_;
  grpc::Alarm alarm_;
  Wake wake_{*this};

  // Loop only.
  TimerQueue timers_;
  int live_calls_ = 0;
  bool last_task_ran_ = false;

  std::mutex mutex_;
  std::vector<Task> posted_;   // Guarded by mutex_.
  bool wake_pending_ = false;  // Guarded by mutex_: at most one wake is in flight.
  bool stopping_ = false;      // Guarded by mutex_: nothing more is posted.

  std::thread thread_;  // Last: starts when all else is there.
};

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_CALL_LOOP_H_
