#include "client/src/call_loop.h"

#include <grpc/support/time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

namespace runcast::client {
namespace {

gpr_timespec Deadline(std::optional<MonotonicTime> due, MonotonicTime now) {
  if (!due) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  const absl::Duration wait = std::max(Between(now, *due), absl::ZeroDuration());
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_nanos(absl::ToInt64Nanoseconds(wait), GPR_TIMESPAN));
}

}  // namespace

CallLoop::CallLoop() : thread_([this] { Run(); }) {}

CallLoop::~CallLoop() {
  if (!thread_.joinable()) return;
  std::fputs("runcast: a CallLoop was destroyed without Stop\n", stderr);
  std::abort();
}

bool CallLoop::Post(Task task) {
  std::lock_guard<std::mutex> lock(mutex_);
  // The caller destroys the task of a stopped loop, after the lock is let go.
  if (stopping_) return false;
  PostLocked(std::move(task));
  return true;
}

void CallLoop::PostLocked(Task task) {
  posted_.push_back(std::move(task));
  if (wake_pending_) return;
  wake_pending_ = true;
  // The past wakes in 50 µs; `gpr_now()` would take a millisecond.
  alarm_.Set(&queue_, gpr_inf_past(GPR_CLOCK_MONOTONIC), static_cast<CallEvent*>(&wake_));
}

void CallLoop::Wake::OnEvent(bool) {
  std::lock_guard<std::mutex> lock(loop_.mutex_);
  loop_.wake_pending_ = false;
}

void CallLoop::Stop(Task last) {
  if (InLoop()) {
    std::fputs("runcast: a RunStatusClient was destroyed inside its own callback\n", stderr);
    std::abort();
  }
  if (!thread_.joinable()) return;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    PostLocked([this, last = std::move(last)]() mutable {
      last();
      last_task_ran_ = true;
    });
    stopping_ = true;  // So that no wake is set once the queue is shut down.
  }
  thread_.join();
}

void CallLoop::RunPosted() {
  std::vector<Task> tasks;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    tasks.swap(posted_);
  }
  for (Task& task : tasks) {
    task();
    task = nullptr;
  }
}

void CallLoop::Run() {
  // A flood of events must not keep timers from running for ever.
  constexpr int kEventsBeforeTimers = 256;
  int events = 0;
  bool shut_down = false;
  while (true) {
    void* tag = nullptr;
    bool ok = false;
    const auto outcome = queue_.AsyncNext(&tag, &ok, Deadline(timers_.NextDue(), Now()));
    if (outcome == grpc::CompletionQueue::SHUTDOWN) return;
    if (outcome == grpc::CompletionQueue::GOT_EVENT) static_cast<CallEvent*>(tag)->OnEvent(ok);
    RunPosted();
    // Events first: one that waited behind a slow callback must not look like silence.
    if (outcome == grpc::CompletionQueue::TIMEOUT || ++events >= kEventsBeforeTimers) {
      events = 0;
      while (Task task = timers_.TakeDue(Now())) task();
    }
    if (last_task_ran_ && live_calls_ == 0 && !shut_down) {
      shut_down = true;
      timers_ = TimerQueue();
      queue_.Shutdown();
    }
  }
}

}  // namespace runcast::client
