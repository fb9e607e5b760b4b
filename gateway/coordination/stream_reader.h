// Reads the streams of records by our own cursors, on a connection of its own that may wait.

#ifndef RUNCAST_GATEWAY_COORDINATION_STREAM_READER_H_
#define RUNCAST_GATEWAY_COORDINATION_STREAM_READER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "gateway/coordination/redis_connection.h"

namespace runcast::coordination {

// Every record is told once, in the order of its stream. Entries are numbered: a number that is
// missing means that some were trimmed before they were read, or that the engine forgot; then it
// says so and goes on with what comes next.
//
// Threads: the loop's only. The callbacks run inside the connection's.
// Lifetime: the connection outlives this object or is destroyed with it.
class StreamReader {
 public:
  // Eight bound what one trimmed stream can lose, and what one `XREAD` returns.
  static constexpr size_t kStreams = 8;

  struct Entry {
    char kind = 0;
    absl::string_view run_id;
    absl::string_view owner;
    uint64_t epoch = 0;
    uint64_t version = 0;
    absl::string_view variant;
    absl::string_view record;
  };
  struct Events {
    absl::AnyInvocable<void(const Entry&)> on_entry;
    absl::AnyInvocable<void()> on_gap;
    // It cannot go on: the connection is to be replaced.
    absl::AnyInvocable<void()> on_lost;
  };

  StreamReader(RedisConnection& connection, std::string prefix, Events events);

  // Starts with what comes from now on, which counts as a gap.
  void Start();

  // How many entries each stream has had, as told by a renewal: whoever stays behind without
  // getting anything reads with a cursor that the engine does not know.
  void OnCounts(const std::array<uint64_t, kStreams>& counts);

  static size_t StreamOf(absl::string_view run_id);

 private:
  struct Cursor {
    std::string id = "0-0";  // Of the last entry read.
    uint64_t number = 0;
    // By the renewal before.
    uint64_t told_count = 0;
    bool was_behind = false;
  };

  void FindEnds();
  void OnEnd(size_t stream, const redisReply* reply);
  void Read();
  void OnRead(const redisReply* reply);
  void Take(Cursor& cursor, const redisReply* entry);

  RedisConnection& connection_;
  const std::string prefix_;
  Events events_;
  std::array<std::string, kStreams> keys_;
  std::array<Cursor, kStreams> cursors_;
  bool restart_wanted_ = false;
  bool reading_ = false;
};

}  // namespace runcast::coordination

#endif  // RUNCAST_GATEWAY_COORDINATION_STREAM_READER_H_
