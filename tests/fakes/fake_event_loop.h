// An event loop in virtual time: tasks and timers run when the test says so.

#ifndef RUNCAST_TESTS_FAKES_FAKE_EVENT_LOOP_H_
#define RUNCAST_TESTS_FAKES_FAKE_EVENT_LOOP_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <utility>

#include "gateway/base/event_loop.h"
#include "tests/fakes/fake_clock.h"

namespace runcast::fakes {

// Threads: one. Timers and the loop may be destroyed in the order the real one allows.
// Descriptors cannot be watched: code that needs real ones is tested on the real loop.
class FakeEventLoop final : public base::EventLoop {
 public:
  const base::Clock& clock() const override { return clock_; }
  FakeClock& fake_clock() { return clock_; }

  void Post(base::Task task) override;
  std::unique_ptr<base::Timer> NewTimer(base::Task task) override;
  std::unique_ptr<base::FdWatch> WatchFd(int fd, FdCallback callback) override;

  // Runs posted tasks and timers that are due until there are none, without moving time.
  void RunUntilIdle();
  // Moves time by `by`, stopping at each timer on the way.
  void AdvanceBy(absl::Duration by);

 private:
  class FakeTimer;

  void RunPosted();
  // Runs the earliest timer that is due at `limit` or before; false when there is none.
  bool RunNextTimer(base::MonotonicTime limit);

  FakeClock clock_;
  std::deque<base::Task> posted_;
  // By due time, then by order of setting.
  std::map<std::pair<base::MonotonicTime, uint64_t>, FakeTimer*> timers_;
  uint64_t next_order_ = 0;
};

}  // namespace runcast::fakes

#endif  // RUNCAST_TESTS_FAKES_FAKE_EVENT_LOOP_H_
