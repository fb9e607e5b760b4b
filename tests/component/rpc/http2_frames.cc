#include "tests/component/rpc/http2_frames.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "absl/strings/str_cat.h"

namespace runcast::rpc {
namespace {

// A field that neither side remembers (RFC 7541, section 6.2.2); both texts under 127 bytes.
std::string Header(absl::string_view name, absl::string_view value) {
  return absl::StrCat(Bytes(0, 1), Bytes(static_cast<uint32_t>(name.size()), 1), name,
                      Bytes(static_cast<uint32_t>(value.size()), 1), value);
}

// As gRPC sends it: not compressed, its length, itself.
std::string WithLength(absl::string_view message) {
  return absl::StrCat(Bytes(0, 1), Bytes(static_cast<uint32_t>(message.size()), 4), message);
}

}  // namespace

std::string Bytes(uint32_t number, int count) {
  std::string bytes;
  for (int i = count - 1; i >= 0; --i) bytes.push_back(static_cast<char>(number >> (8 * i)));
  return bytes;
}

std::string Frame(FrameType type, uint8_t flags, uint32_t stream, absl::string_view payload) {
  return absl::StrCat(Bytes(static_cast<uint32_t>(payload.size()), 3),
                      Bytes(static_cast<uint32_t>(type), 1), Bytes(flags, 1), Bytes(stream, 4),
                      payload);
}

std::string CallHeaders(uint32_t stream, absl::string_view path) {
  return Frame(FrameType::kHeaders, kEndHeaders, stream,
               absl::StrCat(Header(":method", "POST"), Header(":scheme", "http"),
                            Header(":path", path), Header(":authority", "localhost"),
                            Header("content-type", "application/grpc"), Header("te", "trailers")));
}

std::string CallMessage(uint32_t stream, absl::string_view message) {
  return Frame(FrameType::kData, kEndStream, stream, WithLength(message));
}

std::string CallMessageInHalves(uint32_t stream, absl::string_view message) {
  const std::string sent = WithLength(message);
  const size_t half = sent.size() / 2;
  return absl::StrCat(Frame(FrameType::kData, 0, stream, sent.substr(0, half)),
                      Frame(FrameType::kData, kEndStream, stream, sent.substr(half)));
}

int ConnectToLoopback(int port, int receive_buffer) {
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // Before it connects, or it has no effect on the window.
  if (receive_buffer > 0) {
    ::setsockopt(connection, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  EXPECT_EQ(::connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  return connection;
}

}  // namespace runcast::rpc
