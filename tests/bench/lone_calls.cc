#include "tests/bench/lone_calls.h"

#include <algorithm>
#include <utility>

#include "tests/bench/load_clock.h"

namespace runcast::bench {

LoneCalls::LoneCalls(Fleet& fleet, Options options)
    : fleet_(fleet),
      options_(std::move(options)),
      framed_(Framed(options_.message)),
      open_framed_(Framed(options_.open_message)),
      due_(options_.ports.size(), INT64_MAX),
      intended_(options_.ports.size()) {}

void LoneCalls::Plan(size_t server, int64_t now) {
  std::uniform_real_distribution<double> pause(options_.shortest_pause, options_.longest_pause);
  due_[server] = now + Nanos(pause(random_));
}

nlohmann::json LoneCalls::Run() {
  for (const uint16_t port : options_.ports) {
    const size_t number = fleet_.Connect({.port = port}, *this);
    fleet_.connection(number).StartCall(kOpenStream,
                                        {.path = options_.open_path, .framed = open_framed_});
    fleet_.Flush(number);
    Plan(number, NowNanos());
  }
  const int64_t limit = NowNanos() + Nanos(60 + options_.calls * options_.longest_pause);
  while (ended_ < options_.calls && NowNanos() < limit) {
    int64_t now = NowNanos();
    int64_t next = now + Nanos(0.05);
    for (size_t server = 0; server < due_.size(); ++server) {
      if (due_[server] <= now && started_ < options_.calls) {
        ++started_;
        intended_[server] = std::exchange(due_[server], INT64_MAX);
        fleet_.connection(server).StartCall(static_cast<uint32_t>(server),
                                            {.path = options_.path, .framed = framed_});
        fleet_.Flush(server);
      }
      next = std::min(next, due_[server]);
    }
    fleet_.Poll(std::max<int64_t>(0, next - NowNanos()));
  }
  // A call that has no answer yet is slower than all.
  latencies_.RecordInfinite(started_ - ended_);
  const double largest = latencies_.Largest();
  return {{"calls", started_},
          {"unanswered", started_ - ended_},
          {"failed", failed_},
          {"latency_ms",
           {{"p50", latencies_.Percentile(50)},
            {"p99", latencies_.Percentile(99)},
            {"max", std::isfinite(largest) ? nlohmann::json(largest) : "infinite"}}}};
}

void LoneCalls::OnEnd(uint32_t call, const CallEnd& end) {
  if (call == kOpenStream) {
    ++failed_;  // It should have stayed open.
    return;
  }
  const int64_t now = NowNanos();
  latencies_.Record(now - intended_[call]);
  ++ended_;
  if (!end.good()) ++failed_;
  Plan(call, now);
}

}  // namespace runcast::bench
