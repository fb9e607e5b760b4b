// GetStatus from memory: whether it may be, and its bytes.

#ifndef RUNCAST_GATEWAY_RPC_MEMORY_ANSWER_H_
#define RUNCAST_GATEWAY_RPC_MEMORY_ANSWER_H_

#include <grpc/slice.h>

#include "absl/time/time.h"
#include "gateway/base/clock.h"
#include "gateway/base/secret_string.h"
#include "gateway/runs/snapshot.h"
#include "gateway/runs/snapshot_table.h"

namespace runcast::rpc {

// Pure. Contract, "GetStatus": yes when the run is followed and fresh, or its status is
// terminal or younger than `max_staleness`. Zero asks for a poll whoever follows the run; only
// a terminal status needs none, because it cannot change.
bool MayAnswerFromMemory(const runs::TableEntry& entry, absl::Duration max_staleness,
                         base::MonotonicTime now);

// An encoded GetStatusResponse: the snapshot's own bytes, then the other fields. One copy of
// some hundred bytes costs less than a second slice for gRPC to carry. The caller owns one
// reference.
grpc_slice EncodeGetStatusResponse(const runs::Snapshot& snapshot, absl::Time last_good_answer,
                                   const base::SecretString& report_link);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_MEMORY_ANSWER_H_
