#include "client/src/call_metadata.h"

#include "client/src/percent_encoding.h"

namespace runcast::client {

void AddRunMetadata(const v1::RunReference& run, grpc::ClientContext& context) {
  context.AddMetadata("x-runcast-run", PercentEncode(run.run_id()));
}

}  // namespace runcast::client
