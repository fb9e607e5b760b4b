// When a run will probably end.
//
// Pure.

#ifndef RUNCAST_GATEWAY_RUNS_END_PREDICTION_H_
#define RUNCAST_GATEWAY_RUNS_END_PREDICTION_H_

#include "absl/time/time.h"
#include "runcast/v1/run_status.pb.h"

namespace runcast::runs {

// By its progress since its start, as if it went on at the same pace. InfinitePast when that
// cannot be told: no progress yet, no start time, or the run has ended.
absl::Time PredictEnd(const v1::RunStatus& status, absl::Time observed_at);

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_END_PREDICTION_H_
