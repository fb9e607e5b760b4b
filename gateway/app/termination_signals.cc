#include "gateway/app/termination_signals.h"

#include <cerrno>

#include "absl/time/clock.h"

namespace runcast::app {

TerminationSignals::TerminationSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  // A caller that goes away while we write must not end the process.
  std::signal(SIGPIPE, SIG_IGN);
}

std::optional<int> TerminationSignals::Wait(absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  while (true) {
    const timespec wait = absl::ToTimespec(std::max(absl::ZeroDuration(), deadline - absl::Now()));
    const int signal = sigtimedwait(&signals_, nullptr, &wait);
    if (signal > 0) return signal;
    // Some other signal, such as that of a debugger, is no reason to stop waiting.
    if (errno != EINTR) return std::nullopt;
  }
}

}  // namespace runcast::app
