// Unary calls: in a closed loop, or very many at once.

#ifndef RUNCAST_TESTS_BENCH_READERS_H_
#define RUNCAST_TESTS_BENCH_READERS_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/bench/fleet.h"
#include "tests/bench/latency_histogram.h"

namespace runcast::bench {

// Threads: one.
class Readers final : public Http2Connection::Owner {
 public:
  struct Options {
    uint16_t port = 0;
    Http2Connection::Request request;  // Without its message.
    std::string message;               // Without its frame; empty: a plain GET.
    bool plain = false;
    int connections = 1;
    int streams = 1;  // Calls under way on each connection.
    // Whether a call that ended is followed by the next one.
    bool loop = true;
  };

  Readers(Fleet& fleet, Options options);

  // Connects and waits for the server's settings; false after `seconds`.
  bool Connect(double seconds);
  // Starts all calls at once.
  void Start();
  void StartWindow();
  nlohmann::json CloseWindow(double seconds) const;

  // Calls that ended since the start of the window.
  int64_t ended() const { return ended_; }

  void OnEnd(uint32_t call, const CallEnd& end) override;

 private:
  void Call(uint32_t call, int64_t intended);

  Fleet& fleet_;
  const Options options_;
  const std::string framed_;
  std::vector<int64_t> started_;  // By call: when it was meant to be sent.
  LatencyHistogram latencies_;
  int64_t ended_ = 0;
  int64_t failed_ = 0;
};

}  // namespace runcast::bench

#endif  // RUNCAST_TESTS_BENCH_READERS_H_
