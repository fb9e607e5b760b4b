#include "gateway/rpc/peer_socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>

#include "gateway/base/listening_sockets.h"
#include "tests/unit/rpc/loopback_connection.h"

namespace runcast::rpc {
namespace {

class PeerSocketTest : public testing::Test {
 protected:
  const base::ListeningSockets server_ = *base::ListeningSockets::Open("127.0.0.1", 0, 16);
};

TEST_F(PeerSocketTest, TheConnectionOfThePeerIsShutDown) {
  const LoopbackConnection connection(server_);

  EXPECT_TRUE(ShutDownPeer(connection.descriptor(), connection.peer()));

  EXPECT_TRUE(connection.ended());
}

TEST_F(PeerSocketTest, WhatCameInAndWasNotReadIsDropped) {
  const LoopbackConnection connection(server_);
  connection.Send(std::string(100'000, 'x'));

  EXPECT_TRUE(ShutDownPeer(connection.descriptor(), connection.peer()));

  EXPECT_TRUE(connection.ended());
}

TEST_F(PeerSocketTest, ADescriptorThatIsSomebodyElsesByNowIsLeftAlone) {
  const LoopbackConnection one(server_), other(server_);

  EXPECT_FALSE(ShutDownPeer(one.descriptor(), other.peer()));

  EXPECT_FALSE(one.ended());
  EXPECT_FALSE(other.ended());
}

TEST_F(PeerSocketTest, APeerThatIsNotThereIsNoFault) {
  EXPECT_FALSE(ShutDownPeer(server_.fds()[0], "ipv4:127.0.0.1:1"));
  EXPECT_FALSE(ShutDownPeer(server_.fds()[0], ""));
  EXPECT_FALSE(ShutDownPeer(-1, "ipv4:127.0.0.1:1"));
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
