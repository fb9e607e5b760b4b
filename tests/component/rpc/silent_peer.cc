#include "tests/component/rpc/silent_peer.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/component/rpc/http2_frames.h"

namespace runcast::rpc {
namespace {

constexpr int kReceiveBuffer = 4096;
// RFC 9113, section 6.5.2.
constexpr uint16_t kInitialWindowSize = 4;
constexpr uint32_t kLargestWindow = 0x7fffffff;
constexpr uint32_t kFirstWindow = 65535;

}  // namespace

SilentPeer::SilentPeer(int port) : socket_(ConnectToLoopback(port, kReceiveBuffer)) {
  Send(
      absl::StrCat(kPreface,
                   Frame(FrameType::kSettings, 0, 0,
                         absl::StrCat(Bytes(kInitialWindowSize, 2), Bytes(kLargestWindow, 4))),
                   Frame(FrameType::kWindowUpdate, 0, 0, Bytes(kLargestWindow - kFirstWindow, 4))));
}

SilentPeer::~SilentPeer() { ::close(socket_); }

void SilentPeer::StartCall(const std::string& path, const std::string& message) {
  const uint32_t stream = std::exchange(next_stream_, next_stream_ + 2);
  Send(absl::StrCat(CallHeaders(stream, path), CallMessage(stream, message)));
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
