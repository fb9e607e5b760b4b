// Which requests make sense: from messages to run keys and durations, or to a list of faults.

#ifndef RUNCAST_GATEWAY_RPC_REQUEST_VALIDATION_H_
#define RUNCAST_GATEWAY_RPC_REQUEST_VALIDATION_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gateway/base/run_key.h"
#include "google/protobuf/duration.pb.h"
#include "runcast/v1/run_status_service.pb.h"

namespace runcast::rpc {

// One wrong field. Never holds a value of the request, which may be long or hostile.
struct FieldViolation {
  std::string field;  // Path, such as `run.stream_id`.
  std::string description;

  friend bool operator==(const FieldViolation&, const FieldViolation&) = default;
};

// Pure; every fault is reported, not only the first. Values are set only without faults.
// The form of ids is never judged: `..` and `%2F` are legal, since whoever builds a URL
// encodes them.

// Ids of 1 to 512 bytes without control characters; the language may be empty.
std::vector<FieldViolation> CheckRunReference(v1::RunReference reference, bool present,
                                              base::RunKey& key);

// `max_staleness`: 0 to 1 h; `otherwise` when absent.
std::vector<FieldViolation> CheckGetStatus(v1::GetStatusRequest request, absl::Duration otherwise,
                                           base::RunKey& key, absl::Duration& max_staleness);

// `heartbeat_interval`: `least` (5 s unless a test says else) to 10 min; `otherwise` when absent.
std::vector<FieldViolation> CheckWatchRun(const v1::WatchRunRequest& request, absl::Duration least,
                                          absl::Duration otherwise, base::RunKey& key,
                                          absl::Duration& heartbeat_interval);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_REQUEST_VALIDATION_H_
