#include "gateway/rpc/call_log.h"

#include <grpcpp/support/status.h>

#include "gateway/telemetry/metrics.h"

namespace runcast::rpc {

telemetry::Severity SeverityOfEnd(int code, absl::string_view reason) {
  switch (code) {
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::DATA_LOSS:
      return telemetry::Severity::kError;
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return reason == "DRAINING" || reason == "STREAM_MAX_AGE" ? telemetry::Severity::kDebug
                                                                : telemetry::Severity::kWarning;
    default:
      return telemetry::Severity::kDebug;
  }
}

void LogCallEnd(const CallRecord& record) {
  static const base::RunKey kNoRun;
  const base::RunKey& run = record.subject.run == nullptr ? kNoRun : *record.subject.run;
  telemetry::Log(SeverityOfEnd(record.code, record.reason), "call.ended", "a call has ended",
                 {{"method", PathOf(record.method)},
                  {"code", telemetry::GrpcCodeName(record.code)},
                  {"reason", record.reason},
                  {"duration_seconds", record.seconds},
                  {"caller", record.subject.caller},
                  {"stream", run.stream_id},
                  {"suite", run.suite_name},
                  {"run", run.run_id},
                  {"trace_id", record.trace_id},
                  {"suppressed", record.suppressed}});
}

}  // namespace runcast::rpc
