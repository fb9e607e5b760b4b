// How much memory the process may use, as far as anybody said.

#ifndef RUNCAST_GATEWAY_APP_MEMORY_LIMIT_H_
#define RUNCAST_GATEWAY_APP_MEMORY_LIMIT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace runcast::app {

// The limit of this process's control group (what a container is given), in bytes; nothing when
// there is none. `root` is where the control groups are mounted.
std::optional<uint64_t> ControlGroupLimit(const std::string& root = "/sys/fs/cgroup");

// What a control group's file says: a number of bytes, or `max`. The older version writes a
// number near 2^63 where there is no limit.
std::optional<uint64_t> ParseMemoryLimit(absl::string_view text);

}  // namespace runcast::app

#endif  // RUNCAST_GATEWAY_APP_MEMORY_LIMIT_H_
