#include "tests/component/rpc/frame_peer.h"

#include <gtest/gtest.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/component/rpc/http2_frames.h"

namespace runcast::rpc {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(15);

uint32_t NumberAt(const std::string& bytes, size_t at, size_t count) {
  uint32_t number = 0;
  for (size_t i = at; i < at + count; ++i) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return number;
}

}  // namespace

FramePeer::FramePeer(int port) : socket_(ConnectToLoopback(port)) {
  Send(absl::StrCat(kPreface, Frame(FrameType::kSettings, 0, 0, "")));
  // The server's settings.
  EXPECT_TRUE(Next(absl::Now() + kLimit).has_value());
}

FramePeer::~FramePeer() { ::close(socket_); }

void FramePeer::StartCall(const std::string& path, const std::optional<std::string>& message) {
  Send(CallHeaders(NextStream(), path));
  if (message.has_value()) Send(CallMessage(stream_, *message));
}

void FramePeer::StartCallInHalves(const std::string& path, const std::string& message) {
  StartCall(path, std::nullopt);
  Send(CallMessageInHalves(stream_, message));
}

void FramePeer::StartCalls(int count, const std::string& path, const std::string& message,
                           const std::string& silent) {
  std::string calls;
  for (int i = 0; i < count; ++i) {
    calls += CallHeaders(NextStream(), path);
    calls += CallMessage(stream_, message);
  }
  if (!silent.empty()) calls += CallHeaders(NextStream(), silent);
  Send(calls);
}

void FramePeer::CancelCall(int index) const {
  constexpr uint32_t kCancel = 8;
  Send(Frame(FrameType::kResetStream, 0, static_cast<uint32_t>(2 * index + 1), Bytes(kCancel, 4)));
}

bool FramePeer::ReadMessages(int count) {
  const absl::Time limit = absl::Now() + kLimit;
  while (count > 0) {
    const std::optional<Received> frame = Next(limit);
    if (!frame.has_value()) return false;
    if (frame->type == static_cast<uint8_t>(FrameType::kData)) --count;
  }
  return true;
}

uint32_t FramePeer::packets() const {
  tcp_info info{};
  socklen_t size = sizeof(info);
  EXPECT_EQ(::getsockopt(socket_, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
  return info.tcpi_data_segs_in;
}

std::optional<bool> FramePeer::HasPriorHeaders() {
  const absl::Time limit = absl::Now() + kLimit;
  int headers = 0;
  while (const std::optional<Received> frame = Next(limit)) {
    if (frame->stream != stream_) continue;
    if (frame->type == static_cast<uint8_t>(FrameType::kHeaders)) ++headers;
    if (frame->type <= static_cast<uint8_t>(FrameType::kHeaders) &&
        (frame->flags & kEndStream) != 0) {
      // The last ones are the end itself.
      return headers > 1;
    }
  }
  return std::nullopt;
}

uint32_t FramePeer::NextStream() {
  stream_ = stream_ == 0 ? 1 : stream_ + 2;
  return stream_;
}

void FramePeer::Send(const std::string& bytes) const {
  EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
}

std::optional<FramePeer::Received> FramePeer::Next(absl::Time limit) {
  if (!Fill(kFrameHead, limit)) return std::nullopt;
  const size_t size = NumberAt(received_, 0, 3);
  if (!Fill(kFrameHead + size, limit)) return std::nullopt;
  Received frame{.type = static_cast<uint8_t>(received_[3]),
                 .flags = static_cast<uint8_t>(received_[4]),
                 .stream = NumberAt(received_, 5, 4),
                 .payload = received_.substr(kFrameHead, size)};
  received_.erase(0, kFrameHead + size);
  // Who acknowledges nothing is not waited for.
  const auto type = static_cast<FrameType>(frame.type);
  if ((type == FrameType::kSettings || type == FrameType::kPing) && (frame.flags & kAck) == 0) {
    Send(Frame(type, kAck, 0, type == FrameType::kPing ? frame.payload : ""));
  }
  return frame;
}

bool FramePeer::Fill(size_t size, absl::Time limit) {
  while (received_.size() < size) {
    pollfd readable{socket_, POLLIN, 0};
    const absl::Duration left = std::max(limit - absl::Now(), absl::ZeroDuration());
    if (::poll(&readable, 1, static_cast<int>(absl::ToInt64Milliseconds(left))) != 1) return false;
    char bytes[4096];
    const ssize_t count = ::recv(socket_, bytes, sizeof(bytes), 0);
    if (count <= 0) return false;
    received_.append(bytes, static_cast<size_t>(count));
  }
  return true;
}

}  // namespace runcast::rpc
