// The other end of a connection that reads nothing, as after a lost network or a frozen process.
//
// Bytes by hand: every HTTP/2 library answers pings.

#ifndef RUNCAST_TESTS_COMPONENT_RPC_SILENT_PEER_H_
#define RUNCAST_TESTS_COMPONENT_RPC_SILENT_PEER_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace runcast::rpc {

// Connects to loopback with a small receive buffer and sends what opens an HTTP/2 connection, with
// windows so large that only TCP holds the server back. It never reads, so it acknowledges no ping.
//
// Threads: one.
class SilentPeer {
 public:
  explicit SilentPeer(int port);
  ~SilentPeer();
  SilentPeer(const SilentPeer&) = delete;
  SilentPeer& operator=(const SilentPeer&) = delete;

  // Opens a call of `path` with one request message.
  void StartCall(const std::string& path, const std::string& message);

  // Whether the other end closed the connection, without reading anything. Waits at most `limit`.
  bool WaitUntilClosed(absl::Duration limit) const;

 private:
  void Send(const std::string& bytes) const;

  int socket_ = -1;
  uint32_t next_stream_ = 1;
};

}  // namespace runcast::rpc

#endif  // RUNCAST_TESTS_COMPONENT_RPC_SILENT_PEER_H_
