// Whether a run reference can be asked for at all.

#ifndef RUNCAST_CLIENT_SRC_RUN_REFERENCE_CHECK_H_
#define RUNCAST_CLIENT_SRC_RUN_REFERENCE_CHECK_H_

#include "absl/status/status.h"
#include "runcast/v1/run_status.pb.h"

namespace runcast::client {

// INVALID_ARGUMENT with reason `INVALID_FIELD` and the field named, as the gateway would answer.
// Checked here as well because gRPC cannot carry some of it: text that is not UTF-8 reaches the
// gateway as a broken message, and a request beyond its size limits never reaches it, which
// would look like an error that heals. Rules: RunReference in run_status.proto.
absl::Status CheckRunReference(const v1::RunReference& run);

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_RUN_REFERENCE_CHECK_H_
