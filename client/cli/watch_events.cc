#include "client/cli/watch_events.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace runcast::cli {
namespace {

sigset_t Interrupts() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

WatchEvents::WatchEvents(int output) : output_(output) {
  const sigset_t signals = Interrupts();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal_fd_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (signal_fd_ < 0 || wake_fd_ < 0) {
    std::perror("runcast: cannot make descriptors for events");
    std::abort();
  }
}

WatchEvents::~WatchEvents() {
  close(signal_fd_);
  close(wake_fd_);
  ReleaseSignals();
}

void WatchEvents::ReleaseSignals() {
  const sigset_t signals = Interrupts();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void WatchEvents::Put(WatchEvent event) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    events_.push_back(std::move(event));
  }
  const uint64_t one = 1;
  // Fails only when the counter is full, and then the other side is awake anyway.
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof(one));
}

std::optional<WatchEvent> WatchEvents::Wait(absl::Duration limit) {
  pollfd fds[] = {{signal_fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}};
  if (HasEvent()) {
    fds[1] = {output_, POLLOUT, 0};
    if (HasRoom()) limit = absl::ZeroDuration();
  }
  const int64_t milliseconds = absl::ToInt64Milliseconds(absl::Ceil(limit, absl::Milliseconds(1)));
  poll(fds, 2, static_cast<int>(std::clamp<int64_t>(milliseconds, 0, 3600000)));

  if (fds[0].revents != 0) {
    signalfd_siginfo signal;
    if (read(signal_fd_, &signal, sizeof(signal)) == sizeof(signal)) return Interrupted{};
  }
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t drained = read(wake_fd_, &count, sizeof(count));
  if (!HasRoom()) return std::nullopt;
  std::lock_guard<std::mutex> lock(mutex_);
  if (events_.empty()) return std::nullopt;
  WatchEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

bool WatchEvents::HasEvent() {
  std::lock_guard<std::mutex> lock(mutex_);
  return !events_.empty();
}

bool WatchEvents::HasRoom() const {
  pollfd output = {output_, POLLOUT, 0};
  // Errors count as room: the write that follows tells of them.
  return output_ < 0 || poll(&output, 1, 0) != 0;
}

}  // namespace runcast::cli
