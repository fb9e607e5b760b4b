// Durations, counted in buckets.

#ifndef RUNCAST_GATEWAY_TELEMETRY_SECONDS_HISTOGRAM_H_
#define RUNCAST_GATEWAY_TELEMETRY_SECONDS_HISTOGRAM_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace runcast::telemetry {

// Bucket bounds from one millisecond to ten seconds, as the gRPC and Prometheus libraries have
// them, with two finer ones: an answer from memory takes less than five milliseconds.
//
// Threads: one alone writes, any read; no locked instruction, no allocation.
class SecondsHistogram {
 public:
  static constexpr std::array<double, 13> kBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                     0.25,  0.5,    1,     2.5,  5,     10};

  void Observe(double seconds) {
    size_t bucket = 0;
    while (bucket < kBounds.size() && seconds > kBounds[bucket]) ++bucket;
    Add(counts_[bucket], uint64_t{1});
    Add(sum_, seconds);
  }

  // How many fell into this bucket alone; the last one has no upper bound.
  uint64_t count(size_t bucket) const { return counts_[bucket].load(std::memory_order_relaxed); }
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  template <typename Number>
  static void Add(std::atomic<Number>& number, Number by) {
    number.store(number.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::array<std::atomic<uint64_t>, kBounds.size() + 1> counts_{};
  std::atomic<double> sum_{0};
};

}  // namespace runcast::telemetry

#endif  // RUNCAST_GATEWAY_TELEMETRY_SECONDS_HISTOGRAM_H_
