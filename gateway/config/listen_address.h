// An address to listen on, as it is configured: `127.0.0.1:8443`, `[::]:8443`, `localhost:0`.

#ifndef RUNCAST_GATEWAY_CONFIG_LISTEN_ADDRESS_H_
#define RUNCAST_GATEWAY_CONFIG_LISTEN_ADDRESS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace runcast::config {

struct ListenAddress {
  std::string host;  // IPv4, IPv6 without brackets, or a name.
  uint16_t port = 0;

  // Whether only this machine can connect: 127.0.0.0/8, ::1, `localhost`.
  bool IsLoopback() const;
};

// Nothing when it is no host and port. Resolves no names.
std::optional<ListenAddress> ParseListenAddress(absl::string_view text);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_LISTEN_ADDRESS_H_
