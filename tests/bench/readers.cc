#include "tests/bench/readers.h"

#include <utility>

#include "tests/bench/load_clock.h"

namespace runcast::bench {

Readers::Readers(Fleet& fleet, Options options)
    : fleet_(fleet),
      options_(std::move(options)),
      framed_(options_.plain ? std::string() : Framed(options_.message)) {}

bool Readers::Connect(double seconds) {
  for (int i = 0; i < options_.connections; ++i) {
    fleet_.Flush(fleet_.Connect({.port = options_.port}, *this));
  }
  return fleet_.Settle(seconds);
}

void Readers::Start() {
  const auto streams = static_cast<size_t>(options_.streams);
  started_.resize(streams * static_cast<size_t>(options_.connections));
  const int64_t now = NowNanos();
  for (size_t i = 0; i < started_.size(); ++i) {
    Call(static_cast<uint32_t>(i), now);
    if (i % streams == streams - 1) fleet_.Flush(i / streams);
  }
}

void Readers::Call(uint32_t call, int64_t intended) {
  started_[call] = intended;
  Http2Connection::Request request = options_.request;
  request.framed = framed_;
  fleet_.connection(call / static_cast<uint32_t>(options_.streams)).StartCall(call, request);
}

void Readers::StartWindow() {
  ended_ = failed_ = 0;
  latencies_ = {};
}

nlohmann::json Readers::CloseWindow(double seconds) const {
  return {{"seconds", seconds},
          {"calls", ended_},
          {"failed", failed_},
          {"lost_connections", fleet_.lost()},
          {"latency_ms",
           {{"count", latencies_.count()},
            {"p50", latencies_.Percentile(50)},
            {"p99", latencies_.Percentile(99)},
            {"max", latencies_.Largest()}}}};
}

void Readers::OnEnd(uint32_t call, const CallEnd& end) {
  const int64_t now = NowNanos();
  ++ended_;
  if (!end.good()) ++failed_;
  latencies_.Record(now - started_[call]);
  // Sent when the connection's callbacks have returned.
  if (options_.loop && end.good()) Call(call, now);
}

}  // namespace runcast::bench
