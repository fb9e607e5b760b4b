#include "gateway/rpc/health_calls.h"

#include <grpc/slice.h>

#include "gateway/rpc/serving_loop.h"

namespace runcast::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

grpc_slice Encode(HealthCheckResponse::ServingStatus status) {
  HealthCheckResponse response;
  response.set_status(status);
  return CopyToSlice(response.SerializeAsString());
}

bool IsReady(const ServingLoop& loop) {
  return loop.surroundings().state.ready.load(std::memory_order_acquire);
}

CallEnd NotARequest() {
  return MapViolations({{"service", "the request is not a HealthCheckRequest"}});
}

}  // namespace

std::optional<HealthCheckResponse::ServingStatus> HealthOf(absl::string_view service, bool ready) {
  if (service == "runcast-liveness") return HealthCheckResponse::SERVING;
  if (service.empty() || service == "runcast.v1.RunStatusService" ||
      service == "runcast-readiness") {
    return ready ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
  }
  return std::nullopt;
}

void HealthCheckCall::OnRequest(const grpc_byte_buffer& bytes) {
  HealthCheckRequest request;
  if (!ParseRequest(bytes, request)) {
    End(NotARequest());
    return;
  }
  const auto status = HealthOf(request.service(), IsReady(loop()));
  if (!status) {
    // The health protocol's own words, not one of our reasons.
    CallEnd end;
    end.status = grpc::Status(grpc::StatusCode::NOT_FOUND, "unknown service");
    end.reason = "UNKNOWN_SERVICE";
    End(std::move(end));
    return;
  }
  const grpc_slice slice = Encode(*status);
  WriteAndFinish(slice);
  grpc_slice_unref(slice);
}

HealthWatchCall::~HealthWatchCall() {
  if (watching_) loop().RemoveHealthWatch();
}

bool HealthWatchCall::Fits() const {
  const Surroundings& around = loop().surroundings();
  if (around.state.full.load(std::memory_order_relaxed)) {
    around.metrics.CountLimit(telemetry::CallLimit::kMemory);
    return false;
  }
  if (loop().health_watches() >= around.limits.max_health_watches) {
    around.metrics.CountLimit(telemetry::CallLimit::kHealthWatches);
    return false;
  }
  return true;
}

void HealthWatchCall::OnRequest(const grpc_byte_buffer& bytes) {
  HealthCheckRequest request;
  if (!ParseRequest(bytes, request)) {
    End(NotARequest());
    return;
  }
  if (!Fits()) {
    End(runs::Reason::kOverloaded);
    return;
  }
  service_ = request.service();
  watching_ = true;
  loop().AddHealthWatch();
  age_due_ = loop().now() + loop().SpreadTicks(loop().surroundings().limits.max_age);
  WakeBy(age_due_);
  OnHealthChange();
}

void HealthWatchCall::OnHealthChange() {
  if (!watching_ || !can_send()) return;
  const auto status =
      HealthOf(service_, IsReady(loop())).value_or(HealthCheckResponse::SERVICE_UNKNOWN);
  if (sent_ == status) return;
  sent_ = status;
  const grpc_slice slice = Encode(status);
  Write(slice);
  grpc_slice_unref(slice);
}

void HealthWatchCall::OnDrain(Tick due) {
  drain_due_ = due;
  WakeBy(due);
}

void HealthWatchCall::OnTimer(Tick now) {
  if (!watching_) return;
  if (drain_due_ <= now) {
    End(runs::Reason::kDraining);
  } else if (age_due_ <= now) {
    End(runs::Reason::kStreamMaxAge);
  }
}

}  // namespace runcast::rpc
