// SIGTERM, SIGINT and SIGHUP as something the main thread waits for.

#ifndef RUNCAST_GATEWAY_APP_TERMINATION_SIGNALS_H_
#define RUNCAST_GATEWAY_APP_TERMINATION_SIGNALS_H_

#include <csignal>
#include <optional>

#include "absl/time/time.h"

namespace runcast::app {

// Blocks the signals in the calling thread and in every thread it starts afterwards, so that
// none of them interrupts work; make it before any thread is started.
//
// Threads: the one that made it.
class TerminationSignals {
 public:
  TerminationSignals();

  // The next signal; nothing after `limit`.
  std::optional<int> Wait(absl::Duration limit);

 private:
  sigset_t signals_;
};

}  // namespace runcast::app

#endif  // RUNCAST_GATEWAY_APP_TERMINATION_SIGNALS_H_
