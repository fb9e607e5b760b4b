// Looks at a gateway as `runcast doctor` does.

#ifndef RUNCAST_CLIENT_CLI_DOCTOR_PROBE_H_
#define RUNCAST_CLIENT_CLI_DOCTOR_PROBE_H_

#include <grpcpp/channel.h>

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cli/doctor_observations.h"
#include "runcast/client_options.h"
#include "runcast/v1/run_status.pb.h"

namespace runcast::cli {

// Threads: one; streams are read on threads of their own, which have ended when `Hold` returns.
// Every call has a limit. Asks the first target only.
class DoctorProbe {
 public:
  // Fails as RunStatusClient::Make does, and on a run that its calls would refuse.
  static absl::StatusOr<DoctorProbe> Make(const client::ClientOptions& options,
                                          const v1::RunReference& run);

  // Connection, health, reflection, one read; each only where the one before makes sense of it.
  Observations Call() const;

  // Whether streams are worth holding after that.
  static bool IsWorthHolding(const Observations& seen);

  // Holds streams side by side, one with heartbeats and silent ones, until `limit` has passed or
  // all have ended.
  void Hold(absl::Duration limit, Observations& seen) const;

 private:
  DoctorProbe(client::ClientOptions options, v1::RunReference run,
              std::shared_ptr<grpc::Channel> channel);

  void CallHealth(Observations& seen) const;
  void CallOtherMode(Observations& seen) const;
  void CallReflection(Observations& seen) const;
  void CallRead(Observations& seen) const;

  client::ClientOptions options_;
  v1::RunReference run_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_DOCTOR_PROBE_H_
