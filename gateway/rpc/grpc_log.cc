#include "gateway/rpc/grpc_log.h"

#include <grpc/support/log.h>

#include <atomic>
#include <mutex>
#include <string>

#include "absl/strings/str_cat.h"
#include "gateway/base/clock.h"
#include "gateway/base/rate_limiter.h"
#include "gateway/telemetry/log.h"
#include "google/protobuf/stubs/logging.h"

namespace runcast::rpc {
namespace {

std::atomic<int> quiet{0};

bool IsTooMuch() {
  // Never destroyed: gRPC's threads may log while the process ends.
  static auto& mutex = *new std::mutex;
  static auto& limiter = *new base::RateLimiter({.per_second = 5, .burst = 5});
  std::lock_guard lock(mutex);
  return !limiter.Allow("", base::SystemClock().Now());
}

void Write(gpr_log_func_args* line) {
  const bool is_error = line->severity == GPR_LOG_SEVERITY_ERROR;
  const auto severity =
      is_error && quiet == 0 ? telemetry::Severity::kWarning : telemetry::Severity::kDebug;
  if (is_error && IsTooMuch()) return;
  telemetry::Log(severity, "grpc", line->message,
                 {{"where", absl::StrCat(line->file, ":", line->line)}});
}

void WriteProtobuf(google::protobuf::LogLevel /*level*/, const char* file, int line,
                   const std::string& message) {
  // Only a field's name and the advice to make it `bytes`; nothing of the request.
  telemetry::Log(telemetry::Severity::kDebug, "protobuf", message,
                 {{"where", absl::StrCat(file, ":", line)}});
}

}  // namespace

void RouteGrpcLog() {
  gpr_set_log_function(&Write);
  google::protobuf::SetLogHandler(&WriteProtobuf);
}

QuietGrpcLog::QuietGrpcLog() { ++quiet; }
QuietGrpcLog::~QuietGrpcLog() { --quiet; }

}  // namespace runcast::rpc
