// The rules of one access policy, ready to be asked.
//
// The schema is gRPC's authorization policy (gRFC A43) with our extension `runs` and
// `report_links`; README.md shows it. `policy_parser.h` reads it.

#ifndef RUNCAST_GATEWAY_ACCESS_ACCESS_POLICY_H_
#define RUNCAST_GATEWAY_ACCESS_ACCESS_POLICY_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/access/access_control.h"
#include "gateway/access/text_pattern.h"

namespace runcast::access {

// Matches if one of `values` matches. Values of a header that comes several times are joined by
// commas first (A43). A deny rule also looks at each value alone, so that sending a header twice
// does not get around it.
struct HeaderCondition {
  std::string key;  // Lower case.
  std::vector<TextPattern> values;
};

// Matches if the stream id matches one of `stream_ids` and the suite name one of `suite_names`.
// An empty list asks for nothing.
struct RunCondition {
  std::vector<TextPattern> stream_ids;
  std::vector<TextPattern> suite_names;
};

// Matches if every condition that is not empty matches; a rule without conditions always does.
struct PolicyRule {
  std::string name;
  // One of the caller's principals matches one of these. The empty pattern matches a caller who
  // proved nothing; A43 wants TLS for that, here it also holds without. In a deny rule every other
  // pattern matches a caller of whom not all names are known.
  std::vector<TextPattern> principals;
  // The method's full path matches one of these.
  std::vector<TextPattern> paths;
  // Each of these matches.
  std::vector<HeaderCondition> headers;
  // One of these matches. A call that is about no run matches none. Allow rules only.
  std::vector<RunCondition> runs;
  // Whether a call that this rule allows may also have the report link. Allow rules only.
  bool report_links = false;
};

// Deny rules first; then one allow rule must match, which for a report link grants report links
// too; otherwise denied.
//
// Immutable. Threads: any; asking allocates nothing unless rules look at headers.
class AccessPolicy {
 public:
  struct Decision {
    bool allowed = false;
    // The rule that decided; empty when none matched. Lives as long as the policy.
    absl::string_view rule;
  };

  AccessPolicy(std::string name, std::vector<PolicyRule> deny_rules,
               std::vector<PolicyRule> allow_rules);

  // Where `request.headers` is null, headers are unknown: a rule with header conditions then
  // denies what its other conditions match and allows nothing.
  Decision Decide(const AccessRequest& request) const;

  const std::string& name() const { return name_; }
  const std::vector<PolicyRule>& deny_rules() const { return deny_rules_; }
  const std::vector<PolicyRule>& allow_rules() const { return allow_rules_; }

 private:
  const std::string name_;
  const std::vector<PolicyRule> deny_rules_;
  const std::vector<PolicyRule> allow_rules_;
};

}  // namespace runcast::access

#endif  // RUNCAST_GATEWAY_ACCESS_ACCESS_POLICY_H_
