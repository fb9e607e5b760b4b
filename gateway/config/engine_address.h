// Where the coordination engine is, as it is configured.

#ifndef RUNCAST_GATEWAY_CONFIG_ENGINE_ADDRESS_H_
#define RUNCAST_GATEWAY_CONFIG_ENGINE_ADDRESS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace runcast::config {

// A Unix socket's path, or host and port.
struct EngineAddress {
  std::string socket_path;
  std::string host;  // IPv4, IPv6 without brackets, or a name.
  int port = 0;
};

// `host:port`, `[address]:port` or `unix:/path`; nothing when it is none of them. Resolves no
// names.
std::optional<EngineAddress> ParseEngineAddress(absl::string_view text);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_ENGINE_ADDRESS_H_
