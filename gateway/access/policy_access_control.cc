#include "gateway/access/policy_access_control.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_join.h"
#include "gateway/telemetry/log.h"

namespace runcast::access {
namespace {

// A principal may have 2 kB, and a caller 32 of them.
constexpr size_t kLongestLogged = 512;

const char* WhyDenied(Verdict verdict) {
  switch (verdict) {
    case Verdict::kIdentityRequired:
      return "identity required";
    case Verdict::kStreamNotServed:
      return "stream not served";
    case Verdict::kAccessDenied:
      return "policy";
    case Verdict::kAllowed:
      break;
  }
  return "";
}

bool HasIdentity(const Caller* caller) {
  return caller != nullptr &&
         std::any_of(caller->principals.begin(), caller->principals.end(),
                     [](const std::string& principal) { return !principal.empty(); });
}

absl::string_view Shortened(absl::string_view text) { return text.substr(0, kLongestLogged); }

}  // namespace

PolicyAccessControl::PolicyAccessControl(Options options, Serves serves, const base::Clock& clock)
    : options_(options),
      serves_(std::move(serves)),
      clock_(clock),
      log_limit_({.per_second = 1, .burst = 10, .max_keys = 1000}) {}

Verdict PolicyAccessControl::Check(const AccessRequest& request) const {
  if (options_.require_identity && !HasIdentity(request.caller)) {
    return Deny(request, Verdict::kIdentityRequired, "");
  }
  if (request.run != nullptr && !serves_(request.run->stream_id)) {
    return Deny(request, Verdict::kStreamNotServed, "");
  }
  if (!has_policy_.load(std::memory_order_acquire)) return Verdict::kAllowed;
  const std::shared_ptr<const AccessPolicy> asked = policy();
  if (asked == nullptr) return Verdict::kAllowed;
  const AccessPolicy::Decision decision = asked->Decide(request);
  if (decision.allowed) return Verdict::kAllowed;
  return Deny(request, Verdict::kAccessDenied,
              decision.rule.empty() ? "no allow rule matches" : decision.rule);
}

void PolicyAccessControl::SetPolicy(std::shared_ptr<const AccessPolicy> policy) {
  std::shared_ptr<const AccessPolicy> old;  // Destroyed behind the lock.
  std::lock_guard lock(policy_mutex_);
  has_policy_.store(policy != nullptr, std::memory_order_release);
  old = std::exchange(policy_, std::move(policy));
  // Last: whoever sees the new generation sees the new policy.
  generation_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const AccessPolicy> PolicyAccessControl::policy() const {
  std::lock_guard lock(policy_mutex_);
  return policy_;
}

Verdict PolicyAccessControl::Deny(const AccessRequest& request, Verdict verdict,
                                  absl::string_view rule) const {
  static const Caller kNobody;
  static const base::RunKey kNoRun;
  const Caller& caller = request.caller == nullptr ? kNobody : *request.caller;
  {
    std::lock_guard lock(log_mutex_);
    if (!log_limit_.Allow(caller.name, clock_.Now())) return verdict;
  }
  const base::RunKey& run = request.run == nullptr ? kNoRun : *request.run;
  telemetry::Log(telemetry::Severity::kWarning, "access.denied", "a call was denied",
                 {{"why", WhyDenied(verdict)},
                  {"rule", rule},
                  {"caller", Shortened(caller.name)},
                  {"principals", Shortened(absl::StrJoin(caller.principals, " "))},
                  {"names_left_out", caller.names_left_out ? "yes" : "no"},
                  {"method", Shortened(request.method)},
                  {"report_link", request.report_link ? "yes" : "no"},
                  {"stream", Shortened(run.stream_id)},
                  {"suite", Shortened(run.suite_name)},
                  {"run", Shortened(run.run_id)}});
  return verdict;
}

}  // namespace runcast::access
