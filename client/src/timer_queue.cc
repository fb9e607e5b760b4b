#include "client/src/timer_queue.h"

namespace runcast::client {

TimerId TimerQueue::Add(MonotonicTime when, Task task) {
  const TimerId id = next_id_++;
  tasks_.emplace(std::make_pair(when, id), std::move(task));
  due_.emplace(id, when);
  return id;
}

void TimerQueue::Cancel(TimerId id) {
  const auto due = due_.find(id);
  if (due == due_.end()) return;
  tasks_.erase({due->second, id});
  due_.erase(due);
}

std::optional<MonotonicTime> TimerQueue::NextDue() const {
  if (tasks_.empty()) return std::nullopt;
  return tasks_.begin()->first.first;
}

Task TimerQueue::TakeDue(MonotonicTime now) {
  if (tasks_.empty() || tasks_.begin()->first.first > now) return nullptr;
  const auto first = tasks_.begin();
  Task task = std::move(first->second);
  due_.erase(first->first.second);
  tasks_.erase(first);
  return task;
}

}  // namespace runcast::client
