// What an error of the gateway says beside its code: reason, wait, fields.
//
// Details arrive in `grpc-status-details-bin` and are kept as payloads of the absl::Status,
// under their type URLs `type.googleapis.com/google.rpc.…`. Pure functions, any thread.

#ifndef RUNCAST_ERROR_REASON_H_
#define RUNCAST_ERROR_REASON_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace runcast::client {

// The reason of the error, such as `RUN_NOT_FOUND` (all of them: RunStatusService). Empty when
// there is none, as when the gateway was not reached.
std::string ErrorReason(const absl::Status& status);

// How long to wait before asking again; nothing when the gateway did not say.
std::optional<absl::Duration> RetryDelay(const absl::Status& status);

// One field of a request that was refused.
struct FieldViolation {
  std::string field;        // Such as `run.stream_id`.
  std::string description;  // What is wrong and what would be right.
};
std::vector<FieldViolation> FieldViolations(const absl::Status& status);

}  // namespace runcast::client

#endif  // RUNCAST_ERROR_REASON_H_
