// The access policy as a file that may change while the gateway runs.

#ifndef RUNCAST_GATEWAY_ACCESS_POLICY_FILE_H_
#define RUNCAST_GATEWAY_ACCESS_POLICY_FILE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/access/access_policy.h"
#include "gateway/access/policy_access_control.h"
#include "gateway/telemetry/metrics.h"

namespace runcast::access {

// The policy in a file of at most 1 MiB. The error names the file and every fault, on a line each.
absl::StatusOr<std::shared_ptr<const AccessPolicy>> ReadPolicyFile(const std::string& path);

// Keeps the policy of `control` equal to a file.
//
// Threads: one at a time. Reads the file while the caller waits.
// Lifetime: `control` and `metrics` outlive this object.
// Errors: a file that is gone or has a fault is refused, logged and counted once for each time its
//   content changes; the policy in force stays.
class PolicyFile {
 public:
  PolicyFile(std::string path, PolicyAccessControl& control, telemetry::Metrics& metrics);

  // For the start: without a good policy the gateway must not serve.
  absl::Status Load();

  // Reads again; to be called when the file may have changed, however often. Returns whether a new
  // policy is in force.
  bool Reload();

 private:
  void PutInForce(std::shared_ptr<const AccessPolicy> policy);

  const std::string path_;
  PolicyAccessControl& control_;
  telemetry::Metrics& metrics_;

  std::string text_in_force_;
  std::string last_refusal_;  // What was said about the file; empty if it is good.
};

}  // namespace runcast::access

#endif  // RUNCAST_GATEWAY_ACCESS_POLICY_FILE_H_
