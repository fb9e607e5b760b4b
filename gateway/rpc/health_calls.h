// The calls of grpc.health.v1.Health. gRPC's own health service would bring two threads that
// poll our sockets and skew the loops.

#ifndef RUNCAST_GATEWAY_RPC_HEALTH_CALLS_H_
#define RUNCAST_GATEWAY_RPC_HEALTH_CALLS_H_

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "gateway/rpc/call.h"
#include "grpc/health/v1/health.pb.h"

namespace runcast::rpc {

// Pure. Known are `` (all), `runcast.v1.RunStatusService`, `runcast-readiness` (SERVING while
// `ready`) and `runcast-liveness` (always SERVING). Nothing for other names.
std::optional<grpc::health::v1::HealthCheckResponse::ServingStatus> HealthOf(
    absl::string_view service, bool ready);

// Check. Also answered while draining: probes go on.
class HealthCheckCall final : public Call {
 public:
  explicit HealthCheckCall(ServingLoop& loop) : Call(loop, Method::kHealthCheck, false) {}

 protected:
  bool serves_while_draining() const override { return true; }
  void OnRequest(const grpc_byte_buffer& request) override;
};

// Watch: the state now and then every change. One write in flight; what changed meanwhile is
// sent after it, if it still differs. Ends at the age of any stream; refused with OVERLOADED
// while memory is short, and beyond a number on each loop.
class HealthWatchCall final : public Call {
 public:
  explicit HealthWatchCall(ServingLoop& loop) : Call(loop, Method::kHealthWatch, true) {}
  ~HealthWatchCall() override;

  void OnDrain(Tick due) override;
  void OnHealthChange() override;

 protected:
  void OnRequest(const grpc_byte_buffer& request) override;
  void OnSent() override { OnHealthChange(); }
  void OnTimer(Tick now) override;
  Tick NextDue() const override { return std::min(age_due_, drain_due_); }

 private:
  // Whether there is room for one more; a no is counted.
  bool Fits() const;

  std::string service_;
  std::optional<grpc::health::v1::HealthCheckResponse::ServingStatus> sent_;
  bool watching_ = false;
  Tick age_due_ = kNever;
  Tick drain_due_ = kNever;
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_HEALTH_CALLS_H_
