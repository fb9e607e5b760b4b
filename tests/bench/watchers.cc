#include "tests/bench/watchers.h"

#include <cmath>
#include <utility>

#include "tests/bench/load_clock.h"
#include "tests/bench/time_mark.h"

namespace runcast::bench {
namespace {

// So small that a stalled reader is felt within seconds, and room for a dozen updates.
constexpr int32_t kStallWindow = 4096;
// How many streams open before the answers of some are read: accept queues hold 4096.
constexpr int kOpenAtOnce = 256;

// JSON has no infinity.
nlohmann::json Number(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json("infinite");
}

nlohmann::json Summary(const LatencyHistogram& histogram) {
  return {{"count", histogram.count()},
          {"infinite", histogram.infinite()},
          {"p50", Number(histogram.Percentile(50))},
          {"p99", Number(histogram.Percentile(99))},
          {"max", Number(histogram.Largest())}};
}

}  // namespace

Watchers::Watchers(Fleet& fleet, Options options) : fleet_(fleet), options_(std::move(options)) {
  for (const std::string& message : options_.messages) framed_.push_back(Framed(message));
  records_.resize(framed_.size());
}

bool Watchers::Stalls(uint32_t watcher) const {
  return options_.stall_every > 0 && watcher % static_cast<uint32_t>(options_.stall_every) == 0;
}

bool Watchers::Open(double seconds) {
  const int64_t limit = NowNanos() + Nanos(seconds);
  const auto streams = static_cast<uint32_t>(options_.streams);
  const uint32_t total = streams * static_cast<uint32_t>(options_.connections);
  places_.resize(total);
  uint32_t watcher = 0;
  int unread = 0;
  while (watcher < total) {
    Http2Connection::Options socket{.port = options_.port};
    const bool stalls_whole = streams == 1 && Stalls(watcher);
    if (stalls_whole || (streams > 1 && options_.stall_every > 0)) {
      socket.stream_window = kStallWindow;
    }
    if (stalls_whole) socket.receive_buffer = kStallWindow;
    const size_t number = fleet_.Connect(socket, *this);
    // Calls beyond what the server allows would wait inside nghttp2 in any case.
    for (uint32_t i = 0; i < streams; ++i, ++watcher) {
      Http2Connection::Request request = options_.request;
      const size_t run = watcher % framed_.size();
      request.framed = framed_[run];
      request.stalls = Stalls(watcher);
      // Stalled readers are loads, not subjects.
      if (!request.stalls) {
        places_[watcher] = static_cast<uint32_t>(records_[run].AddWatcher());
      }
      fleet_.connection(number).StartCall(watcher, request);
    }
    fleet_.Flush(number);
    unread += options_.streams;
    while (unread >= kOpenAtOnce && headers_ + kOpenAtOnce < watcher && NowNanos() < limit) {
      fleet_.Poll(Nanos(0.01));
    }
    if (unread >= kOpenAtOnce) unread = 0;
  }
  while (headers_ < total && NowNanos() < limit) fleet_.Poll(Nanos(0.01));
  if (streams == 1) {
    for (uint32_t i = 0; i < total; ++i) {
      if (Stalls(i)) fleet_.StopReading(i);
    }
  }
  return headers_ == total;
}

void Watchers::StartWindow(int64_t begin, int64_t end) {
  updates_ = other_messages_ = bytes_ = 0;
  latencies_ = {};
  for (UpdateRecord& record : records_) record.StartWindow(begin, end);
}

nlohmann::json Watchers::CloseWindow(double seconds) {
  DeliveryCount sum;
  LatencyHistogram last_receipts;
  for (const UpdateRecord& record : records_) {
    const DeliveryCount count = record.Close(latencies_, last_receipts);
    sum.published += count.published;
    sum.expected += count.expected;
    sum.delivered += count.delivered;
    sum.conflated += count.conflated;
    sum.missing += count.missing;
  }
  return {{"seconds", seconds},
          {"watchers", places_.size()},
          {"published", sum.published},
          {"expected", sum.expected},
          {"delivered", sum.delivered},
          {"conflated", sum.conflated},
          {"missing", sum.missing},
          {"other_messages", other_messages_},
          {"bytes_per_message", updates_ > 0 ? bytes_ / updates_ : 0},
          {"ended", ended_},
          {"failed", failed_},
          {"lost_connections", fleet_.lost()},
          {"latency_ms", Summary(latencies_)},
          {"last_receiver_ms", Summary(last_receipts)}};
}

void Watchers::OnHeaders(uint32_t) { ++headers_; }

void Watchers::OnMessage(uint32_t call, std::string_view message) {
  const int64_t published = ReadTimeMark(message);
  if (published == 0) {
    ++other_messages_;
    return;
  }
  ++updates_;
  bytes_ += static_cast<int64_t>(message.size());
  if (!Stalls(call)) {
    records_[call % framed_.size()].OnReceipt(places_[call], published, NowNanos(), latencies_);
  }
}

void Watchers::OnEnd(uint32_t, const CallEnd& end) {
  ++ended_;
  if (!end.good()) ++failed_;
}

}  // namespace runcast::bench
