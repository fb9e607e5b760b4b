// Metadata that goes out with every call.

#ifndef RUNCAST_CLIENT_SRC_CALL_METADATA_H_
#define RUNCAST_CLIENT_SRC_CALL_METADATA_H_

#include <grpcpp/client_context.h>

#include "runcast/v1/run_status.pb.h"

namespace runcast::client {

// Puts the run id, percent-encoded, into `x-runcast-run`: a mesh that hashes by this header
// sends most watchers of a run to one replica. The id must have passed CheckRunReference.
void AddRunMetadata(const v1::RunReference& run, grpc::ClientContext& context);

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_CALL_METADATA_H_
