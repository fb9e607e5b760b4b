// HTTP/2 by hand, for peers that no library would play.

#ifndef RUNCAST_TESTS_COMPONENT_RPC_HTTP2_FRAMES_H_
#define RUNCAST_TESTS_COMPONENT_RPC_HTTP2_FRAMES_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace runcast::rpc {

// RFC 9113, sections 3.4, 4.1 and 6.
inline constexpr char kPreface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
inline constexpr size_t kFrameHead = 9;
enum class FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kResetStream = 3,
  kSettings = 4,
  kPing = 6,
  kWindowUpdate = 8,
};
inline constexpr uint8_t kEndStream = 1;  // Of data and headers.
inline constexpr uint8_t kAck = 1;        // Of settings and pings.
inline constexpr uint8_t kEndHeaders = 4;

// The last `count` bytes of a number, in the order of the network.
std::string Bytes(uint32_t number, int count);

std::string Frame(FrameType type, uint8_t flags, uint32_t stream, absl::string_view payload);

// The frames that open a gRPC call of `path`, and the one that carries its only message; or the
// two, for half of it each.
std::string CallHeaders(uint32_t stream, absl::string_view path);
std::string CallMessage(uint32_t stream, absl::string_view message);
std::string CallMessageInHalves(uint32_t stream, absl::string_view message);

// A socket that is connected to loopback. `receive_buffer`: 0 leaves it to the system.
int ConnectToLoopback(int port, int receive_buffer = 0);

}  // namespace runcast::rpc

#endif  // RUNCAST_TESTS_COMPONENT_RPC_HTTP2_FRAMES_H_
