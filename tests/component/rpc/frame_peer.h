// A client that tells which frames an answer came in. To a client of gRPC headers and trailers look
// alike, whether or not they came together.

#ifndef RUNCAST_TESTS_COMPONENT_RPC_FRAME_PEER_H_
#define RUNCAST_TESTS_COMPONENT_RPC_FRAME_PEER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"

namespace runcast::rpc {

// One connection, which the server has taken when the constructor returns. No wait takes longer
// than 15 s.
//
// Threads: one.
class FramePeer {
 public:
  explicit FramePeer(int port);
  ~FramePeer();
  FramePeer(const FramePeer&) = delete;
  FramePeer& operator=(const FramePeer&) = delete;

  // Opens a call of `path` with one request message; without one it stays open for it.
  void StartCall(const std::string& path, const std::optional<std::string>& message);
  // The same with half of the message in each of two frames.
  void StartCallInHalves(const std::string& path, const std::string& message);

  // Opens `count` calls of `path` at once, each with this request message; and with them, if
  // `silent` is not empty, one of that path without a message.
  void StartCalls(int count, const std::string& path, const std::string& message,
                  const std::string& silent = "");

  // Cancels the call that was the n-th to be opened, from 0.
  void CancelCall(int index) const;

  // Reads until `count` messages have begun; false when they do not come.
  bool ReadMessages(int count);
  // Packets with data that have come in so far.
  uint32_t packets() const;

  // Reads to the end of the newest call and says whether headers of its own came before that end;
  // nothing when the end does not come.
  std::optional<bool> HasPriorHeaders();

 private:
  struct Received {
    uint8_t type;
    uint8_t flags;
    uint32_t stream;
    std::string payload;
  };

  uint32_t NextStream();
  void Send(const std::string& bytes) const;
  // The next frame; nothing after the limit or when the connection is closed.
  std::optional<Received> Next(absl::Time limit);
  bool Fill(size_t size, absl::Time limit);

  const int socket_;
  uint32_t stream_ = 0;   // Of the newest call.
  std::string received_;  // Bytes that no frame was made of yet.
};

}  // namespace runcast::rpc

#endif  // RUNCAST_TESTS_COMPONENT_RPC_FRAME_PEER_H_
