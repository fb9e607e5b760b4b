// Reads the text of a configuration file: JSON with comments, every key once.

#ifndef RUNCAST_GATEWAY_CONFIG_CONFIG_DOCUMENT_H_
#define RUNCAST_GATEWAY_CONFIG_CONFIG_DOCUMENT_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace runcast::config {

struct ConfigDocument {
  // Nothing when the text is no JSON at all; `syntax_fault` then says where and why.
  std::optional<nlohmann::ordered_json> root;
  std::string syntax_fault;
  // Paths of keys that came twice in one object. `root` holds the last of them.
  std::vector<std::string> duplicate_paths;
};

// `text` may hold `//` and `/* */` comments. Refuses nesting deeper than 32.
ConfigDocument ParseConfigDocument(absl::string_view text);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_CONFIG_DOCUMENT_H_
