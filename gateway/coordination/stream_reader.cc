#include "gateway/coordination/stream_reader.h"

#include <hiredis/hiredis.h>

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gateway/coordination/redis_reply.h"

namespace runcast::coordination {
namespace {

// How long one XREAD waits for news, and how long we wait for it.
constexpr absl::string_view kBlockMilliseconds = "1000";
constexpr absl::Duration kReadTimeout = absl::Milliseconds(1000 + 500);
constexpr absl::Duration kTimeout = absl::Milliseconds(250);
// Entries of each stream in one answer: a few hundred kB, read in some milliseconds.
constexpr absl::string_view kMostEntries = "64";

}  // namespace

StreamReader::StreamReader(RedisConnection& connection, std::string prefix, Events events)
    : connection_(connection), prefix_(std::move(prefix)), events_(std::move(events)) {
  for (size_t i = 0; i < kStreams; ++i) keys_[i] = absl::StrCat(prefix_, "x:", i);
}

size_t StreamReader::StreamOf(absl::string_view run_id) {
  // The same in every process, whatever its version: FNV-1a.
  uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : run_id) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return (hash ^ hash >> 32) % kStreams;
}

void StreamReader::Start() { FindEnds(); }

void StreamReader::FindEnds() {
  reading_ = true;
  restart_wanted_ = false;
  for (size_t i = 0; i < kStreams; ++i) {
    connection_.Send({"XREVRANGE", keys_[i], "+", "-", "COUNT", "1"}, kTimeout,
                     [this, i](const redisReply* reply) { OnEnd(i, reply); });
  }
}

void StreamReader::OnEnd(size_t stream, const redisReply* reply) {
  if (reply == nullptr || reply->type != REDIS_REPLY_ARRAY) {
    if (std::exchange(reading_, false)) events_.on_lost();
    return;
  }
  if (!reading_) return;
  cursors_[stream] = Cursor();
  if (reply->elements > 0) {
    const redisReply* const entry = reply->element[0];
    if (ElementCount(entry) == 2) {
      cursors_[stream].id = std::string(TextOf(entry->element[0]));
      cursors_[stream].number = NumberOf(FieldOf(entry->element[1], "n"));
    }
  }
  if (stream + 1 < kStreams) return;
  events_.on_gap();
  Read();
}

void StreamReader::Read() {
  std::vector<absl::string_view> words = {
      "XREAD", "COUNT", kMostEntries, "BLOCK", kBlockMilliseconds, "STREAMS"};
  words.insert(words.end(), keys_.begin(), keys_.end());
  for (const Cursor& cursor : cursors_) words.push_back(cursor.id);
  connection_.Send(words, kReadTimeout, [this](const redisReply* reply) { OnRead(reply); });
}

void StreamReader::OnRead(const redisReply* reply) {
  if (reply == nullptr || (reply->type != REDIS_REPLY_ARRAY && reply->type != REDIS_REPLY_NIL)) {
    reading_ = false;
    events_.on_lost();
    return;
  }
  for (size_t i = 0; i < ElementCount(reply); ++i) {
    const redisReply* const stream = reply->element[i];
    if (ElementCount(stream) != 2) continue;
    for (size_t k = 0; k < kStreams; ++k) {
      if (TextOf(stream->element[0]) != keys_[k]) continue;
      for (size_t j = 0; j < ElementCount(stream->element[1]); ++j) {
        Take(cursors_[k], stream->element[1]->element[j]);
      }
    }
  }
  if (restart_wanted_) {
    FindEnds();
  } else {
    Read();
  }
}

void StreamReader::Take(Cursor& cursor, const redisReply* entry) {
  if (ElementCount(entry) != 2) return;
  cursor.id = std::string(TextOf(entry->element[0]));
  const redisReply* const fields = entry->element[1];
  const uint64_t number = NumberOf(FieldOf(fields, "n"));
  const bool gap = number != cursor.number + 1;
  cursor.number = number;
  const absl::string_view kind = FieldOf(fields, "k");
  if (!kind.empty()) {
    events_.on_entry(Entry{.kind = kind[0],
                           .run_id = FieldOf(fields, "r"),
                           .owner = FieldOf(fields, "o"),
                           .epoch = NumberOf(FieldOf(fields, "e")),
                           .version = NumberOf(FieldOf(fields, "v")),
                           .variant = FieldOf(fields, "a"),
                           .record = FieldOf(fields, "d")});
  }
  if (gap) events_.on_gap();
}

void StreamReader::OnCounts(const std::array<uint64_t, kStreams>& counts) {
  for (size_t i = 0; i < kStreams; ++i) {
    Cursor& cursor = cursors_[i];
    // Fewer than a second ago, or than were read, and that for a second: the engine forgot. More
    // than were read by now, although a second ago there were already: the cursor lies ahead of
    // what is written.
    const bool is_behind = counts[i] < cursor.number;
    const bool forgot = counts[i] < cursor.told_count || (is_behind && cursor.was_behind);
    cursor.was_behind = is_behind;
    const bool stuck = cursor.told_count > cursor.number && counts[i] > cursor.number;
    if (forgot || stuck) restart_wanted_ = true;
    cursor.told_count = counts[i];
  }
}

}  // namespace runcast::coordination
