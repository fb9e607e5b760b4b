// Metrics as the text format wants them: families of samples.

#ifndef RUNCAST_GATEWAY_TELEMETRY_METRIC_FAMILIES_H_
#define RUNCAST_GATEWAY_TELEMETRY_METRIC_FAMILIES_H_

#include <prometheus/metric_family.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gateway/telemetry/metrics.h"
#include "gateway/telemetry/seconds_histogram.h"

namespace runcast::telemetry {

using Labels = std::vector<prometheus::ClientMetric::Label>;

// One or more histograms, added up.
struct SecondsTotals {
  void Add(const SecondsHistogram& histogram);

  std::array<uint64_t, SecondsHistogram::kBounds.size() + 1> counts{};
  double sum = 0;
};

// Collects families, one call a family that has one sample. Threads: one.
class MetricFamilies {
 public:
  // Valid until the next one is made.
  prometheus::MetricFamily& NewFamily(const char* name, const char* help,
                                      prometheus::MetricType type);
  static void AddSample(prometheus::MetricFamily& family, double value, Labels labels = {});
  static void AddSample(prometheus::MetricFamily& family, const SecondsTotals& totals,
                        Labels labels = {});

  void AddCounter(const char* name, const char* help, double value);
  void AddCounter(const char* name, const char* help, const Counter& counter);
  void AddGauge(const char* name, const char* help, double value);
  void AddGauge(const char* name, const char* help, const Gauge& gauge);
  void AddGauge(const char* name, const char* help, const RealGauge& gauge);
  void AddHistogram(const char* name, const char* help, const SecondsTotals& totals);

  std::vector<prometheus::MetricFamily> Take();

 private:
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace runcast::telemetry

#endif  // RUNCAST_GATEWAY_TELEMETRY_METRIC_FAMILIES_H_
