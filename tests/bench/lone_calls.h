// Single calls after silence, to many idle servers side by side: does a quiet server answer at
// once?

#ifndef RUNCAST_TESTS_BENCH_LONE_CALLS_H_
#define RUNCAST_TESTS_BENCH_LONE_CALLS_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/bench/fleet.h"
#include "tests/bench/latency_histogram.h"

namespace runcast::bench {

// Threads: one.
class LoneCalls final : public Http2Connection::Owner {
 public:
  struct Options {
    std::vector<uint16_t> ports;  // One server each.
    std::string path;
    std::string message;  // Without its frame.
    // A stream that is open all the time on each connection, such as a health watch.
    std::string open_path;
    std::string open_message;
    int calls = 500;  // In all.
    double shortest_pause = 0.5;
    double longest_pause = 5;
  };

  LoneCalls(Fleet& fleet, Options options);
  nlohmann::json Run();

  void OnEnd(uint32_t call, const CallEnd& end) override;

 private:
  static constexpr uint32_t kOpenStream = UINT32_MAX;
  void Plan(size_t server, int64_t now);

  Fleet& fleet_;
  const Options options_;
  const std::string framed_;
  const std::string open_framed_;
  std::mt19937_64 random_{1};  // The same pauses each time.
  std::vector<int64_t> due_;   // By server; INT64_MAX: its call is under way.
  std::vector<int64_t> intended_;
  int started_ = 0;
  int ended_ = 0;
  int failed_ = 0;
  LatencyHistogram latencies_;
};

}  // namespace runcast::bench

#endif  // RUNCAST_TESTS_BENCH_LONE_CALLS_H_
