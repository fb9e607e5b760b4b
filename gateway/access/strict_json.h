// JSON that says each thing once.

#ifndef RUNCAST_GATEWAY_ACCESS_STRICT_JSON_H_
#define RUNCAST_GATEWAY_ACCESS_STRICT_JSON_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nlohmann/json_fwd.hpp"

namespace runcast::access {

struct JsonDocument {
  // What the parser said, with line and column; empty if `text` is JSON.
  std::string syntax_error;
  // Paths of keys that an object has twice. Readers disagree which one counts (RFC 8259, section
  // 4), so a document with such a key has no meaning to rely on.
  std::vector<std::string> duplicate_keys;
};

// Pure. Fills `root` if there is no syntax error. Comments are skipped.
JsonDocument ParseStrictJson(absl::string_view text, nlohmann::json& root);

// The path of a member: `source` of `allow_rules[0]` is `allow_rules[0].source`.
std::string MemberPath(absl::string_view parent, absl::string_view key);

}  // namespace runcast::access

#endif  // RUNCAST_GATEWAY_ACCESS_STRICT_JSON_H_
