// Uses the messages alone, without gRPC.

#include "runcast/v1/run_status_service.pb.h"

int main() {
  runcast::v1::GetStatusResponse response;
  response.mutable_status()->set_state(runcast::v1::RUN_STATE_COMPLETED);
  return response.SerializeAsString().empty() ? 1 : 0;
}
