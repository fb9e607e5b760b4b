// What a failed poll means to the poll policy, to callers and to the metrics.
//
// Pure.

#ifndef RUNCAST_GATEWAY_RUNS_FAILURE_MEANING_H_
#define RUNCAST_GATEWAY_RUNS_FAILURE_MEANING_H_

#include "gateway/runs/poll_policy.h"
#include "gateway/runs/run_error.h"
#include "gateway/telemetry/metrics.h"
#include "gateway/upstream/status_client.h"

namespace runcast::runs {

struct FailureMeaning {
  upstream::PollFailureKind kind;
  PollTrouble trouble;
  Reason reason;
  telemetry::PollOutcome outcome;
  bool is_outage;  // Counts against the outage limit.
};

// Every kind has one.
const FailureMeaning& MeaningOf(upstream::PollFailureKind kind);

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_FAILURE_MEANING_H_
