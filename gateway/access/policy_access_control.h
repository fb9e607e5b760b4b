// Decides by what is served and by a policy that can be exchanged while calls run.

#ifndef RUNCAST_GATEWAY_ACCESS_POLICY_ACCESS_CONTROL_H_
#define RUNCAST_GATEWAY_ACCESS_POLICY_ACCESS_CONTROL_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "gateway/access/access_control.h"
#include "gateway/access/access_policy.h"
#include "gateway/base/clock.h"
#include "gateway/base/rate_limiter.h"

namespace runcast::access {

// In this order, the first "no" counts: an identity where one is required (so that nobody unknown
// learns which streams are served); the stream is served; the policy. Without a policy every served
// run may be seen, report links included.
//
// A denial is logged with who and what; of one caller at most ten at once and one a second, for the
// log's sake.
//
// Threads: any. Without a policy an allowed check takes no lock and allocates nothing; with one, it
// takes a lock for as long as copying a pointer.
// Lifetime: `clock` outlives this object.
class PolicyAccessControl final : public AccessControl {
 public:
  struct Options {
    bool require_identity = false;
  };

  // Whether a stream id has a credential. Called from any thread, several at once.
  using Serves = absl::AnyInvocable<bool(absl::string_view stream_id) const>;

  PolicyAccessControl(Options options, Serves serves, const base::Clock& clock);

  Verdict Check(const AccessRequest& request) const override;
  uint64_t generation() const override { return generation_.load(std::memory_order_acquire); }

  // Every check that begins afterwards uses `policy`; null: none. Raises the generation.
  void SetPolicy(std::shared_ptr<const AccessPolicy> policy);

  std::shared_ptr<const AccessPolicy> policy() const;

 private:
  Verdict Deny(const AccessRequest& request, Verdict verdict, absl::string_view rule) const;

  const Options options_;
  const Serves serves_;
  const base::Clock& clock_;

  std::atomic<uint64_t> generation_{1};
  std::atomic<bool> has_policy_{false};
  // std::atomic<std::shared_ptr> would be a lock as well, one that ThreadSanitizer cannot see.
  mutable std::mutex policy_mutex_;
  std::shared_ptr<const AccessPolicy> policy_;  // Guarded by policy_mutex_.

  mutable std::mutex log_mutex_;
  mutable base::RateLimiter log_limit_;  // Guarded by log_mutex_.
};

}  // namespace runcast::access

#endif  // RUNCAST_GATEWAY_ACCESS_POLICY_ACCESS_CONTROL_H_
