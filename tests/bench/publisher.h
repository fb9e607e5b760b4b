// Puts at a fixed rate, for the servers whose updates come from a client.

#ifndef RUNCAST_TESTS_BENCH_PUBLISHER_H_
#define RUNCAST_TESTS_BENCH_PUBLISHER_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "tests/bench/fleet.h"

namespace runcast::bench {

// Each message carries the time at which it was meant to be sent. One put after the other may be
// under way: a slow server does not slow the rate.
//
// Threads: one.
class Publisher final : public Http2Connection::Owner {
 public:
  struct Options {
    uint16_t port = 0;  // 0: nothing is ever published.
    std::string path;
    // Without frames, each with a time mark to be written over.
    std::vector<std::string> messages;
  };

  Publisher(Fleet& fleet, Options options);

  // `rate` puts a second of the `message`-th from now on; 0: none.
  void Start(double rate, size_t message);
  // Sends what is due, and returns when the next one is.
  int64_t SendDue(int64_t now);

  int64_t failed() const { return failed_; }

  void OnEnd(uint32_t call, const CallEnd& end) override;

 private:
  Fleet& fleet_;
  const Options options_;
  size_t connection_ = 0;
  size_t message_ = 0;
  int64_t interval_ = 0;
  int64_t next_ = INT64_MAX;
  // Those under way, by number modulo their count; a message is free again when its put ended.
  std::deque<std::string> framed_;
  std::vector<uint32_t> free_;
  int64_t failed_ = 0;
};

}  // namespace runcast::bench

#endif  // RUNCAST_TESTS_BENCH_PUBLISHER_H_
