#include "gateway/base/libevent_loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/time/time.h"

namespace runcast::base {
namespace {

[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "runcast: the event loop cannot start: %s failed\n", what);
  std::abort();
}

event_base* NewBase() {
  event_config* config = event_config_new();
  if (config == nullptr) Die("event_config_new");
  // Only the loop's thread touches the base (posts go through our own queue), so it needs no
  // locks; the default clock of libevent has steps of 4 ms, too coarse for min_gap.
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
  // With the time of the round's start, a timer set late in a long round would fire early.
  event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  if (base == nullptr) Die("event_base_new");
  return base;
}

// Runs a callback that may destroy the object it belongs to: it is moved out of the object for
// the call, and back only if the object still lives.
template <typename Callback, typename... Args>
void CallGuarded(bool** destroyed_slot, Callback& callback, Args... args) {
  bool destroyed = false;
  *destroyed_slot = &destroyed;
  Callback running = std::move(callback);
  running(args...);
  if (destroyed) return;
  callback = std::move(running);
  *destroyed_slot = nullptr;
}

class LibeventTimer final : public Timer {
 public:
  LibeventTimer(event_base* base, const Clock& clock, Task task)
      : clock_(clock), task_(std::move(task)) {
    evtimer_assign(&event_, base, &LibeventTimer::OnFire, this);
  }
  ~LibeventTimer() override {
    if (destroyed_ != nullptr) *destroyed_ = true;
    event_del(&event_);
  }

  void Set(MonotonicTime when) override {
    const absl::Duration wait = std::min(when - clock_.Now(), absl::Hours(24 * 365));
    timeval timeout{};
    if (wait > absl::ZeroDuration()) {
      // One more microsecond, because libevent cuts its own reading of the clock: never early.
      timeout = absl::ToTimeval(absl::Ceil(wait, absl::Microseconds(1)) + absl::Microseconds(1));
    }
    evtimer_add(&event_, &timeout);
  }
  void Cancel() override { event_del(&event_); }

 private:
  static void OnFire(evutil_socket_t, short, void* self) {
    auto* timer = static_cast<LibeventTimer*>(self);
    CallGuarded(&timer->destroyed_, timer->task_);
  }

  const Clock& clock_;
  Task task_;
  bool* destroyed_ = nullptr;
  event event_{};
};

class LibeventFdWatch final : public FdWatch {
 public:
  LibeventFdWatch(event_base* base, int fd, EventLoop::FdCallback callback)
      : base_(base), fd_(fd), callback_(std::move(callback)) {
    event_assign(&event_, base_, fd_, 0, &LibeventFdWatch::OnReady, this);
  }
  ~LibeventFdWatch() override {
    if (destroyed_ != nullptr) *destroyed_ = true;
    event_del(&event_);
  }

  void SetInterest(bool readable, bool writable) override {
    const short what = static_cast<short>((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));
    if (what == interest_) return;
    interest_ = what;
    event_del(&event_);
    if (what == 0) return;
    event_assign(&event_, base_, fd_, static_cast<short>(what | EV_PERSIST),
                 &LibeventFdWatch::OnReady, this);
    event_add(&event_, nullptr);
  }

 private:
  static void OnReady(evutil_socket_t, short what, void* self) {
    auto* watch = static_cast<LibeventFdWatch*>(self);
    CallGuarded(&watch->destroyed_, watch->callback_, (what & EV_READ) != 0,
                (what & EV_WRITE) != 0);
  }

  event_base* const base_;
  const int fd_;
  EventLoop::FdCallback callback_;
  short interest_ = 0;
  bool* destroyed_ = nullptr;
  event event_{};
};

}  // namespace

LibeventLoop::LibeventLoop(const Clock& clock)
    : clock_(clock), base_(NewBase()), wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_fd_ < 0) Die("eventfd");
  wake_event_ = event_new(
      base_, wake_fd_, EV_READ | EV_PERSIST,
      [](evutil_socket_t, short, void* self) { static_cast<LibeventLoop*>(self)->RunPosted(); },
      this);
  if (wake_event_ == nullptr || event_add(wake_event_, nullptr) != 0) Die("event_add");
}

LibeventLoop::~LibeventLoop() {
  posted_.clear();
  event_free(wake_event_);
  event_base_free(base_);
  close(wake_fd_);
}

void LibeventLoop::Run() { event_base_loop(base_, EVLOOP_NO_EXIT_ON_EMPTY); }

void LibeventLoop::Stop() {
  Post([this] { event_base_loopbreak(base_); });
}

void LibeventLoop::Post(Task task) {
  bool wake;
  {
    std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
    wake = !std::exchange(wake_pending_, true);
  }
  if (!wake) return;
  const uint64_t one = 1;
  // Cannot fail for want of space: the counter is read before the next wake is allowed.
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof(one));
}

void LibeventLoop::RunPosted() {
  uint64_t count;
  [[maybe_unused]] const ssize_t got = read(wake_fd_, &count, sizeof(count));
  {
    std::lock_guard lock(mutex_);
    running_.swap(posted_);
    wake_pending_ = false;
  }
  for (Task& task : running_) task();
  running_.clear();
}

std::unique_ptr<Timer> LibeventLoop::NewTimer(Task task) {
  return std::make_unique<LibeventTimer>(base_, clock_, std::move(task));
}

std::unique_ptr<FdWatch> LibeventLoop::WatchFd(int fd, FdCallback callback) {
  return std::make_unique<LibeventFdWatch>(base_, fd, std::move(callback));
}

}  // namespace runcast::base
