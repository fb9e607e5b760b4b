// A connection for tests of what is done to sockets.

#ifndef RUNCAST_TESTS_UNIT_RPC_LOOPBACK_CONNECTION_H_
#define RUNCAST_TESTS_UNIT_RPC_LOOPBACK_CONNECTION_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "gateway/base/listening_sockets.h"
#include "gateway/rpc/peer_socket.h"

namespace runcast::rpc {

// Two ends of a connection over loopback.
class LoopbackConnection {
 public:
  explicit LoopbackConnection(const base::ListeningSockets& server)
      : ours_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(ours_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    socklen_t size = sizeof(peer_);
    pollfd waiting{server.fds()[0], POLLIN, 0};
    EXPECT_EQ(::poll(&waiting, 1, 15'000), 1);
    theirs_ = ::accept(server.fds()[0], reinterpret_cast<sockaddr*>(&peer_), &size);
  }
  ~LoopbackConnection() {
    ::close(ours_);
    ::close(theirs_);
  }
  LoopbackConnection(const LoopbackConnection&) = delete;
  LoopbackConnection& operator=(const LoopbackConnection&) = delete;

  // The server's end.
  int descriptor() const { return theirs_; }
  std::string peer() const { return PeerName(peer_); }
  void Send(const std::string& bytes) const {
    EXPECT_EQ(::send(ours_, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  // Whether the server's end has been shut down.
  bool ended() const {
    char byte;
    return ::recv(theirs_, &byte, 1, MSG_DONTWAIT) == 0;
  }

 private:
  const int ours_;
  int theirs_ = -1;
  sockaddr_storage peer_{};
};

}  // namespace runcast::rpc

#endif  // RUNCAST_TESTS_UNIT_RPC_LOOPBACK_CONNECTION_H_
