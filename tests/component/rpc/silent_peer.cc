#include "tests/component/rpc/silent_peer.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace runcast::rpc {
namespace {

// RFC 9113, sections 3.4, 4.1 and 6.
constexpr char kPreface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr uint8_t kData = 0;
constexpr uint8_t kHeaders = 1;
constexpr uint8_t kSettings = 4;
constexpr uint8_t kWindowUpdate = 8;
constexpr uint8_t kEndStream = 1;
constexpr uint8_t kEndHeaders = 4;
constexpr uint16_t kInitialWindowSize = 4;
constexpr uint32_t kLargestWindow = 0x7fffffff;
constexpr uint32_t kFirstWindow = 65535;

// The last `count` bytes of a number, in the order of the network.
std::string Bytes(uint32_t number, int count) {
  std::string bytes;
  for (int i = count - 1; i >= 0; --i) bytes.push_back(static_cast<char>(number >> (8 * i)));
  return bytes;
}

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, absl::string_view payload) {
  return absl::StrCat(Bytes(static_cast<uint32_t>(payload.size()), 3), Bytes(type, 1),
                      Bytes(flags, 1), Bytes(stream, 4), payload);
}

// A field that neither side remembers (RFC 7541, section 6.2.2); both texts under 127 bytes.
std::string Header(absl::string_view name, absl::string_view value) {
  return absl::StrCat(Bytes(0, 1), Bytes(static_cast<uint32_t>(name.size()), 1), name,
                      Bytes(static_cast<uint32_t>(value.size()), 1), value);
}

}  // namespace

SilentPeer::SilentPeer(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  // Before it connects, or it has no effect on the window.
  const int buffer = 4096;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  Send(absl::StrCat(
      kPreface,
      Frame(kSettings, 0, 0, absl::StrCat(Bytes(kInitialWindowSize, 2), Bytes(kLargestWindow, 4))),
      Frame(kWindowUpdate, 0, 0, Bytes(kLargestWindow - kFirstWindow, 4))));
}

SilentPeer::~SilentPeer() { ::close(socket_); }

void SilentPeer::StartCall(const std::string& path, const std::string& message) {
  const uint32_t stream = std::exchange(next_stream_, next_stream_ + 2);
  const std::string headers =
      absl::StrCat(Header(":method", "POST"), Header(":scheme", "http"), Header(":path", path),
                   Header(":authority", "localhost"), Header("content-type", "application/grpc"),
                   Header("te", "trailers"));
  const std::string framed =
      absl::StrCat(Bytes(0, 1), Bytes(static_cast<uint32_t>(message.size()), 4), message);
  Send(absl::StrCat(Frame(kHeaders, kEndHeaders, stream, headers),
                    Frame(kData, kEndStream, stream, framed)));
}

bool SilentPeer::WaitUntilClosed(absl::Duration limit) const {
  pollfd closed{socket_, POLLRDHUP, 0};
  return ::poll(&closed, 1, static_cast<int>(absl::ToInt64Milliseconds(limit))) == 1;
}

void SilentPeer::Send(const std::string& bytes) const {
  EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
}

}  // namespace runcast::rpc
