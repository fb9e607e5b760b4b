// The message that breaks a stream's silence.

#ifndef RUNCAST_GATEWAY_RPC_HEARTBEAT_H_
#define RUNCAST_GATEWAY_RPC_HEARTBEAT_H_

#include <string>

#include "gateway/runs/resume_token.h"
#include "gateway/runs/snapshot_table.h"

namespace runcast::rpc {

// An encoded `WatchRunResponse` with a heartbeat. Pure. `vitals` null: nothing is known of the
// run. `seen` null: the watcher has seen nothing, so there is no token to resume from.
std::string EncodeHeartbeat(const runs::RunVitals* vitals, const runs::ResumeToken* seen);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_HEARTBEAT_H_
