// Listening for TCP connections on an address.

#ifndef RUNCAST_GATEWAY_BASE_LISTENING_SOCKETS_H_
#define RUNCAST_GATEWAY_BASE_LISTENING_SOCKETS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace runcast::base {

// One socket for each address that a host name stands for, all on one port. They do not block
// and do not survive exec. Closed when destroyed.
class ListeningSockets {
 public:
  // `host` is an address without brackets or a name; `::` means every address of the machine,
  // IPv4 too. Port 0 takes a free one. `backlog` connections wait to be accepted; the kernel has a
  // limit of its own (net.core.somaxconn). May ask a name server.
  // Errors: UNAVAILABLE, naming address and reason, such as a port that is in use. Two processes
  //   never share a port.
  static absl::StatusOr<ListeningSockets> Open(const std::string& host, uint16_t port, int backlog);

  ListeningSockets(ListeningSockets&& other) noexcept;
  ListeningSockets& operator=(ListeningSockets&& other) noexcept;
  ~ListeningSockets();

  const std::vector<int>& fds() const { return fds_; }
  // The same, now the caller's to close.
  std::vector<int> Release() { return std::exchange(fds_, {}); }
  uint16_t port() const { return port_; }

 private:
  ListeningSockets() = default;

  std::vector<int> fds_;
  uint16_t port_ = 0;
};

}  // namespace runcast::base

#endif  // RUNCAST_GATEWAY_BASE_LISTENING_SOCKETS_H_
