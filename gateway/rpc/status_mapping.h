// What callers see of an error: one of the two files that translate errors (the other is
// upstream/error_table).

#ifndef RUNCAST_GATEWAY_RPC_STATUS_MAPPING_H_
#define RUNCAST_GATEWAY_RPC_STATUS_MAPPING_H_

#include <grpcpp/support/status.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/rpc/request_validation.h"
#include "gateway/runs/run_error.h"

namespace runcast::rpc {

// How a call ends. Text at most 512 bytes, details (`grpc-status-details-bin`, a
// google.rpc.Status on the wire) at most 2 KiB.
struct CallEnd {
  grpc::Status status;
  // For the trailer `grpc-retry-pushback-ms`; negative: none.
  int64_t pushback_ms = -1;
  // The reason on the wire, or `OK`; a constant. For metrics.
  const char* reason = "OK";
  // Whether headers go out before the error (the platform had a part in it, or the stream was
  // open), or the error goes alone, so that a mesh tries another replica.
  bool headers_first = false;
};

// Pure. `spread`, from 0 to 1, picks the moment within a retry hint that is meant to spread
// callers.
CallEnd MapError(const runs::RunError& error, double spread);

// INVALID_ARGUMENT with every violation.
CallEnd MapViolations(const std::vector<FieldViolation>& violations);

// RESOURCE_EXHAUSTED for a caller that is over a limit of its own: who, and which limit.
CallEnd MapCallerLimit(absl::string_view caller, absl::string_view limit);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_STATUS_MAPPING_H_
