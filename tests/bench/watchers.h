// Many streams that hear of updates, and the record of what each of them heard when.

#ifndef RUNCAST_TESTS_BENCH_WATCHERS_H_
#define RUNCAST_TESTS_BENCH_WATCHERS_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/bench/fleet.h"
#include "tests/bench/latency_histogram.h"
#include "tests/bench/update_record.h"

namespace runcast::bench {

// Threads: one.
class Watchers final : public Http2Connection::Owner {
 public:
  struct Options {
    uint16_t port = 0;
    Http2Connection::Request request;  // Without its message.
    // Without frames. Watcher i sends the (i modulo n)-th: so many runs are watched.
    std::vector<std::string> messages;
    int connections = 1;
    int streams = 1;  // On each connection.
    // Every n-th watcher stops reading once it stands: with a connection of its own the connection,
    // else the stream. 0: none.
    int stall_every = 0;
  };

  Watchers(Fleet& fleet, Options options);

  // Opens all streams and waits until each has its headers; false after `seconds`.
  bool Open(double seconds);
  // Counts for `seconds`, then waits up to `cut_off` for what was published in that time.
  void StartWindow(int64_t begin, int64_t end);
  nlohmann::json CloseWindow(double seconds);

  int64_t headers() const { return headers_; }
  // Messages since the start of the window.
  int64_t updates() const { return updates_; }

  void OnHeaders(uint32_t call) override;
  void OnMessage(uint32_t call, std::string_view message) override;
  void OnEnd(uint32_t call, const CallEnd& end) override;

 private:
  bool Stalls(uint32_t watcher) const;

  Fleet& fleet_;
  const Options options_;
  std::vector<std::string> framed_;
  std::vector<UpdateRecord> records_;  // By message.
  std::vector<uint32_t> places_;       // By watcher: its number in its record.
  LatencyHistogram latencies_;
  int64_t headers_ = 0;
  int64_t ended_ = 0;
  int64_t failed_ = 0;
  int64_t updates_ = 0;
  int64_t other_messages_ = 0;
  int64_t bytes_ = 0;
};

}  // namespace runcast::bench

#endif  // RUNCAST_TESTS_BENCH_WATCHERS_H_
