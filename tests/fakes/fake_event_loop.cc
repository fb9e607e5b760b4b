#include "tests/fakes/fake_event_loop.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace runcast::fakes {

class FakeEventLoop::FakeTimer final : public base::Timer {
 public:
  FakeTimer(FakeEventLoop& loop, base::Task task) : loop_(loop), task_(std::move(task)) {}
  ~FakeTimer() override {
    if (destroyed_ != nullptr) *destroyed_ = true;
    Cancel();
  }

  void Set(base::MonotonicTime when) override {
    Cancel();
    slot_ = {when, loop_.next_order_++};
    is_set_ = true;
    loop_.timers_.emplace(slot_, this);
  }
  void Cancel() override {
    if (is_set_) loop_.timers_.erase(slot_);
    is_set_ = false;
  }

  void Fire() {
    Cancel();
    // The task may destroy this timer.
    bool destroyed = false;
    destroyed_ = &destroyed;
    base::Task running = std::move(task_);
    running();
    if (destroyed) return;
    task_ = std::move(running);
    destroyed_ = nullptr;
  }

 private:
  FakeEventLoop& loop_;
  base::Task task_;
  std::pair<base::MonotonicTime, uint64_t> slot_;
  bool is_set_ = false;
  bool* destroyed_ = nullptr;
};

void FakeEventLoop::Post(base::Task task) { posted_.push_back(std::move(task)); }

std::unique_ptr<base::Timer> FakeEventLoop::NewTimer(base::Task task) {
  return std::make_unique<FakeTimer>(*this, std::move(task));
}

std::unique_ptr<base::FdWatch> FakeEventLoop::WatchFd(int, FdCallback) {
  std::fprintf(stderr, "FakeEventLoop cannot watch descriptors\n");
  std::abort();
}

void FakeEventLoop::RunPosted() {
  while (!posted_.empty()) {
    base::Task task = std::move(posted_.front());
    posted_.pop_front();
    task();
  }
}

bool FakeEventLoop::RunNextTimer(base::MonotonicTime limit) {
  if (timers_.empty() || timers_.begin()->first.first > limit) return false;
  const auto [slot, timer] = *timers_.begin();
  if (slot.first > clock_.Now()) clock_.Advance(slot.first - clock_.Now());
  timer->Fire();
  return true;
}

void FakeEventLoop::RunUntilIdle() {
  do {
    RunPosted();
  } while (RunNextTimer(clock_.Now()));
}

void FakeEventLoop::AdvanceBy(absl::Duration by) {
  const base::MonotonicTime end = clock_.Now() + by;
  do {
    RunPosted();
  } while (RunNextTimer(end));
  if (clock_.Now() < end) clock_.Advance(end - clock_.Now());
  RunPosted();
}

}  // namespace runcast::fakes
