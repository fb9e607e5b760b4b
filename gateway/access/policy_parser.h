// Reads an access policy from JSON.

#ifndef RUNCAST_GATEWAY_ACCESS_POLICY_PARSER_H_
#define RUNCAST_GATEWAY_ACCESS_POLICY_PARSER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/access/access_policy.h"

namespace runcast::access {

struct PolicyFault {
  std::string path;  // Such as `allow_rules[0].request.headers[1].key`; `policy` for the whole.
  std::string what;  // What is wrong and what would be right.

  friend bool operator==(const PolicyFault&, const PolicyFault&) = default;
};

struct ParsedPolicy {
  std::shared_ptr<const AccessPolicy> policy;  // Null if there is a fault.
  std::vector<PolicyFault> faults;             // In the order of the schema.
};

// Schema and meaning: README.md. Stricter than gRPC where being lenient lets somebody in: unknown
// and duplicate keys, empty lists and objects (gRPC reads them as "anything"), patterns that never
// match, header names in A43's list of unsupported ones are faults. `//` comments are allowed, as
// in the configuration.
//
// Pure. Text that is not JSON at all has one fault, with its line and column.
ParsedPolicy ParseAccessPolicy(absl::string_view text);

// The faults on a line each, for people: the first 50, then how many more there are.
std::string DescribeFaults(const std::vector<PolicyFault>& faults);

}  // namespace runcast::access

#endif  // RUNCAST_GATEWAY_ACCESS_POLICY_PARSER_H_
