// Timers in virtual time: they run when the test moves it.

#ifndef RUNCAST_TESTS_UNIT_CLIENT_FAKE_TIMERS_H_
#define RUNCAST_TESTS_UNIT_CLIENT_FAKE_TIMERS_H_

#include <algorithm>
#include <utility>

#include "client/src/timer_queue.h"
#include "client/src/timers.h"

namespace runcast::client {

// Threads: one.
class FakeTimers final : public Timers {
 public:
  MonotonicTime Now() const override { return now_; }
  TimerId Set(MonotonicTime when, Task task) override { return queue_.Add(when, std::move(task)); }
  void Cancel(TimerId id) override { queue_.Cancel(id); }

  // Moves time by `by`, stopping at each timer on the way.
  void AdvanceBy(absl::Duration by) {
    const MonotonicTime end = After(now_, by);
    while (queue_.NextDue() && *queue_.NextDue() <= end) {
      now_ = std::max(now_, *queue_.NextDue());
      queue_.TakeDue(now_)();
    }
    now_ = end;
  }

  bool empty() const { return !queue_.NextDue(); }

 private:
  TimerQueue queue_;
  MonotonicTime now_ = MonotonicTime(std::chrono::hours(1));
};

}  // namespace runcast::client

#endif  // RUNCAST_TESTS_UNIT_CLIENT_FAKE_TIMERS_H_
