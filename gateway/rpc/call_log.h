// The line about a call that has ended.

#ifndef RUNCAST_GATEWAY_RPC_CALL_LOG_H_
#define RUNCAST_GATEWAY_RPC_CALL_LOG_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "gateway/base/run_key.h"
#include "gateway/rpc/method.h"
#include "gateway/telemetry/log.h"

namespace runcast::rpc {

// What a call is about, as far as it is known.
struct CallSubject {
  const base::RunKey* run = nullptr;
  absl::string_view caller;
};

struct CallRecord {
  Method method;
  int code = 0;  // gRPC's.
  const char* reason = "";
  double seconds = 0;
  CallSubject subject;
  absl::string_view trace_id;
  uint64_t suppressed = 0;  // Lines of this kind that were kept back before it.
};

// How loud an end is: our own bugs are errors, what the gateway or the platform could not do is a
// warning, everything else (good ends, mistakes of callers, planned ends) is for debugging.
telemetry::Severity SeverityOfEnd(int code, absl::string_view reason);

// Writes the event `call.ended`.
void LogCallEnd(const CallRecord& record);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_CALL_LOG_H_
