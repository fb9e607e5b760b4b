// GetStatus over gRPC, blocking.

#ifndef RUNCAST_CLIENT_SRC_STATUS_CALL_H_
#define RUNCAST_CLIENT_SRC_STATUS_CALL_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/src/channel_pool.h"
#include "client/src/reconnect_policy.h"
#include "runcast/v1/run_status_service.pb.h"

namespace runcast::client {

// Calls the gateway until it answers, and not beyond `timeout`. A `target` that is alone is called
// once, and gRPC repeats that by the channel's service config. Of several each is called once, and
// two of them once more; one that cannot be connected to leaves the others their share of the time,
// and the pool is to move on to the next one after one failure.
// Threads: any; blocks the calling one.
absl::StatusOr<v1::GetStatusResponse> CallGetStatus(ChannelPool& channels, int targets,
                                                    const v1::GetStatusRequest& request,
                                                    absl::Duration timeout,
                                                    ReconnectPolicy::Options backoff);

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_STATUS_CALL_H_
