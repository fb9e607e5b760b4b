#include "gateway/base/listening_sockets.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace runcast::base {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

bool CanConnect(const char* address, uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(port);
  ::inet_pton(AF_INET, address, &peer.sin_addr);
  const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)) == 0;
  ::close(fd);
  return connected;
}

TEST(ListeningSocketsTest, PortZeroTakesAFreeOneThatAnswers) {
  const auto sockets = ListeningSockets::Open("127.0.0.1", 0, 16);

  ASSERT_TRUE(sockets.ok()) << sockets.status();
  EXPECT_THAT(sockets->fds(), SizeIs(1));
  EXPECT_TRUE(CanConnect("127.0.0.1", sockets->port()));
}

TEST(ListeningSocketsTest, APortInUseIsSaidWithAddressAndReason) {
  const auto first = ListeningSockets::Open("127.0.0.1", 0, 16);
  const auto second = ListeningSockets::Open("127.0.0.1", first->port(), 16);

  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(second.status().message(),
            absl::StrCat("cannot listen on 127.0.0.1:", first->port(), ": Address already in use"));
}

TEST(ListeningSocketsTest, AnAddressThatIsNotOursIsRefused) {
  const auto sockets = ListeningSockets::Open("203.0.113.1", 0, 16);

  EXPECT_THAT(std::string(sockets.status().message()),
              HasSubstr("cannot listen on 203.0.113.1:0: "));
}

TEST(ListeningSocketsTest, ANameThatNobodyKnowsIsRefused) {
  const auto sockets = ListeningSockets::Open("no host!", 0, 16);

  EXPECT_THAT(std::string(sockets.status().message()), HasSubstr("cannot resolve no host!:0: "));
}

TEST(ListeningSocketsTest, AllAddressesOfANameShareOnePort) {
  const auto sockets = ListeningSockets::Open("localhost", 0, 16);

  ASSERT_TRUE(sockets.ok()) << sockets.status();
  EXPECT_TRUE(CanConnect("127.0.0.1", sockets->port()));
}

TEST(ListeningSocketsTest, TheWildcardOfIpv6TakesIpv4Too) {
  const auto sockets = ListeningSockets::Open("::", 0, 16);
  if (!sockets.ok()) GTEST_SKIP() << "no IPv6 here: " << sockets.status();

  EXPECT_TRUE(CanConnect("127.0.0.1", sockets->port()));
}

TEST(ListeningSocketsTest, ThePortIsFreeAgainWhenTheyAreGone) {
  uint16_t port = 0;
  {
    auto sockets = ListeningSockets::Open("127.0.0.1", 0, 16);
    const ListeningSockets moved = *std::move(sockets);
    port = moved.port();
  }
  EXPECT_TRUE(ListeningSockets::Open("127.0.0.1", port, 16).ok());
}

}  // namespace
}  // namespace runcast::base
