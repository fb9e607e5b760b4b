// Guesses what a misspelt name was meant to be.

#ifndef RUNCAST_GATEWAY_CONFIG_NEAREST_NAME_H_
#define RUNCAST_GATEWAY_CONFIG_NEAREST_NAME_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace runcast::config {

// The name that differs from `word` in the fewest letters; nothing when all differ in more than
// a third. Case, `_` and `-` do not count: `baseURL` is near `base_url`.
std::optional<std::string> NearestName(absl::string_view word,
                                       const std::vector<std::string>& names);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_NEAREST_NAME_H_
