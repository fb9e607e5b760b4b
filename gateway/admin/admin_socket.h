// A listening socket for the admin port.

#ifndef RUNCAST_GATEWAY_ADMIN_ADMIN_SOCKET_H_
#define RUNCAST_GATEWAY_ADMIN_ADMIN_SOCKET_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace runcast::admin {

struct ListeningSocket {
  int fd = -1;  // The caller's to close. Does not block, does not survive exec.
  uint16_t port = 0;
};

// `host` is an address without brackets or a name, of which the first address is taken. Port 0
// takes a free one.
// Errors: UNAVAILABLE, naming address and reason, such as a port that is in use.
absl::StatusOr<ListeningSocket> ListenOn(const std::string& host, uint16_t port);

}  // namespace runcast::admin

#endif  // RUNCAST_GATEWAY_ADMIN_ADMIN_SOCKET_H_
