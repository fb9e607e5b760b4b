// What a new answer of the platform means for what is already known of a run.
//
// Pure. Source of the rules: contract, "What becomes a new status".

#ifndef RUNCAST_GATEWAY_RUNS_STATUS_MERGE_H_
#define RUNCAST_GATEWAY_RUNS_STATUS_MERGE_H_

#include "runcast/v1/run_status.pb.h"

namespace runcast::runs {

enum class MergeResult {
  kUnchanged,  // The answer says what was known.
  kChanged,    // The answer is news; `known` now holds it.
  kWentBack,   // The answer is older than what is known and was dropped.
};

// Takes `answer` into `known`, whole or not at all; both hold the platform's facts only. Order:
// terminal, then utterances done, then percent. Progress that vanishes on an active run keeps
// its last value.
MergeResult MergeAnswer(v1::RunStatus answer, v1::RunStatus& known);

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_STATUS_MERGE_H_
