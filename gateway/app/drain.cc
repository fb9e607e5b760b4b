#include "gateway/app/drain.h"

#include <atomic>
#include <csignal>
#include <memory>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gateway/base/clock.h"

namespace runcast::app {

DrainEnd DrainOnce(Gateway& gateway, const DrainTimes& times, TerminationSignals& signals) {
  const base::SystemClock clock;
  const base::MonotonicTime deadline = clock.Now() + times.hard_deadline;
  const auto complete = std::make_shared<std::atomic<bool>>(false);
  std::thread drain([&gateway, times, complete] {
    gateway.Drain(times);
    *complete = true;
  });

  DrainEnd end = DrainEnd::kComplete;
  while (!*complete) {
    // Whoever asks for another configuration now comes too late.
    const int signal = signals.Wait(absl::Milliseconds(10)).value_or(SIGHUP);
    if (signal != SIGHUP) {
      end = DrainEnd::kSecondSignal;
    } else if (clock.Now() >= deadline) {
      end = DrainEnd::kHardDeadline;
    }
    if (end != DrainEnd::kComplete) {
      drain.detach();
      return end;
    }
  }
  drain.join();
  return end;
}

}  // namespace runcast::app
