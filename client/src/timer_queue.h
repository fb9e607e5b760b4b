// Tasks by due time.

#ifndef RUNCAST_CLIENT_SRC_TIMER_QUEUE_H_
#define RUNCAST_CLIENT_SRC_TIMER_QUEUE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "client/src/timers.h"

namespace runcast::client {

// Pure: the caller says what time it is. Threads: one.
class TimerQueue {
 public:
  TimerId Add(MonotonicTime when, Task task);
  // Does nothing when the task has run.
  void Cancel(TimerId id);

  std::optional<MonotonicTime> NextDue() const;
  // Takes out the earliest task that is due at `now`; a null task when there is none.
  Task TakeDue(MonotonicTime now);

 private:
  std::map<std::pair<MonotonicTime, TimerId>, Task> tasks_;
  std::map<TimerId, MonotonicTime> due_;
  TimerId next_id_ = 1;
};

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_TIMER_QUEUE_H_
