// Latencies in buckets of 1 %: the same memory however many are recorded.

#ifndef RUNCAST_TESTS_BENCH_LATENCY_HISTOGRAM_H_
#define RUNCAST_TESTS_BENCH_LATENCY_HISTOGRAM_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace runcast::bench {

class LatencyHistogram {
 public:
  void Record(int64_t nanos) {
    const double micros = std::max(1.0, static_cast<double>(nanos) / 1000);
    const auto bucket = static_cast<size_t>(std::log(micros) / kStep);
    ++buckets_[std::min(bucket, buckets_.size() - 2)];
    ++count_;
    largest_ = std::max(largest_, nanos);
  }

  // What never came is slower than everything.
  void RecordInfinite(int64_t times) {
    buckets_.back() += times;
    count_ += times;
    infinite_ += times;
  }

  // In milliseconds; infinite when that many never came, 0 when nothing was recorded.
  double Percentile(double percent) const {
    auto rest = static_cast<int64_t>(std::ceil(static_cast<double>(count_) * percent / 100));
    if (rest == 0) return 0;
    for (size_t i = 0; i + 1 < buckets_.size(); ++i) {
      rest -= buckets_[i];
      // The middle of the bucket; no more than what was seen.
      if (rest <= 0) {
        return std::min(std::exp(kStep * (static_cast<double>(i) + 0.5)) / 1000,
                        static_cast<double>(largest_) / 1e6);
      }
    }
    return INFINITY;
  }
  double Largest() const { return infinite_ > 0 ? INFINITY : static_cast<double>(largest_) / 1e6; }
  int64_t count() const { return count_; }
  int64_t infinite() const { return infinite_; }

 private:
  static constexpr double kStep = 0.01;
  // 1 µs to 7 hours, and infinity.
  std::vector<int64_t> buckets_ = std::vector<int64_t>(2400, 0);
  int64_t count_ = 0;
  int64_t infinite_ = 0;
  int64_t largest_ = 0;
};

}  // namespace runcast::bench

#endif  // RUNCAST_TESTS_BENCH_LATENCY_HISTOGRAM_H_
