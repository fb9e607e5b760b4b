// From the first signal to the exit code.

#ifndef RUNCAST_GATEWAY_APP_DRAIN_H_
#define RUNCAST_GATEWAY_APP_DRAIN_H_

#include "gateway/app/drain_times.h"
#include "gateway/app/gateway.h"
#include "gateway/app/termination_signals.h"

namespace runcast::app {

enum class DrainEnd {
  kComplete,
  kSecondSignal,  // Somebody asked again: end at once.
  kHardDeadline,  // It took too long.
};

// Drains the gateway on a thread of its own while the calling one, which must be that of
// `signals`, watches for a second signal and the hard deadline. Unless the result is kComplete,
// the drain goes on in the background and only the end of the process stops it.
DrainEnd DrainOnce(Gateway& gateway, const DrainTimes& times, TerminationSignals& signals);

}  // namespace runcast::app

#endif  // RUNCAST_GATEWAY_APP_DRAIN_H_
