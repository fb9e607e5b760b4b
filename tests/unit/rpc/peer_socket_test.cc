#include "gateway/rpc/peer_socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

#include "gateway/base/listening_sockets.h"

namespace runcast::rpc {
namespace {

// Two ends of a connection over loopback.
class Connection {
 public:
  explicit Connection(const base::ListeningSockets& server)
      : ours_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(ours_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    socklen_t size = sizeof(peer_);
    while (theirs_ < 0) {
      theirs_ = ::accept(server.fds()[0], reinterpret_cast<sockaddr*>(&peer_), &size);
    }
  }
  ~Connection() {
    ::close(ours_);
    ::close(theirs_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

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

class PeerSocketTest : public testing::Test {
 protected:
  const base::ListeningSockets server_ = *base::ListeningSockets::Open("127.0.0.1", 0, 16);
};

TEST_F(PeerSocketTest, OnlyTheConnectionOfThePeerIsShutDown) {
  const Connection one(server_), other(server_);

  EXPECT_TRUE(ShutDownPeer(one.peer(), server_.port()));

  EXPECT_TRUE(one.ended());
  EXPECT_FALSE(other.ended());
}

TEST_F(PeerSocketTest, WhatCameInAndWasNotReadIsDropped) {
  const Connection connection(server_);
  connection.Send(std::string(100'000, 'x'));

  EXPECT_TRUE(ShutDownPeer(connection.peer(), server_.port()));

  EXPECT_TRUE(connection.ended());
}

TEST_F(PeerSocketTest, AConnectionToAnotherPortIsLeftAlone) {
  const Connection connection(server_);

  EXPECT_FALSE(ShutDownPeer(connection.peer(), static_cast<uint16_t>(server_.port() + 1)));

  EXPECT_FALSE(connection.ended());
}

TEST_F(PeerSocketTest, APeerThatIsNotThereIsNoFault) {
  EXPECT_FALSE(ShutDownPeer("ipv4:127.0.0.1:1", server_.port()));
  EXPECT_FALSE(ShutDownPeer("unix:/run/socket", server_.port()));
  EXPECT_FALSE(ShutDownPeer("", server_.port()));
}

TEST(PeerNameTest, IsWrittenAsGrpcWritesIt) {
  sockaddr_storage address{};
  auto& ipv6 = reinterpret_cast<sockaddr_in6&>(address);
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(4000);
  ASSERT_EQ(::inet_pton(AF_INET6, "2001:db8::7", &ipv6.sin6_addr), 1);
  EXPECT_EQ(PeerName(address), "ipv6:%5B2001:db8::7%5D:4000");
  ASSERT_EQ(::inet_pton(AF_INET6, "::ffff:10.0.0.7", &ipv6.sin6_addr), 1);
  EXPECT_EQ(PeerName(address), "ipv4:10.0.0.7:4000");
  EXPECT_EQ(PeerName(sockaddr_storage{}), "");
}

TEST(PeerNameTest, TheAddressIsWhatStandsBeforeThePort) {
  EXPECT_EQ(PeerAddressPart("ipv4:10.0.0.7:4000"), "ipv4:10.0.0.7");
  EXPECT_EQ(PeerAddressPart("ipv6:%5B2001:db8::7%5D:4000"), "ipv6:%5B2001:db8::7%5D");
}

}  // namespace
}  // namespace runcast::rpc
