#include "gateway/telemetry/metric_families.h"

#include <limits>
#include <utility>

namespace runcast::telemetry {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

void SecondsTotals::Add(const SecondsHistogram& histogram) {
  for (size_t i = 0; i < counts.size(); ++i) counts[i] += histogram.count(i);
  sum += histogram.sum();
}

MetricFamily& MetricFamilies::NewFamily(const char* name, const char* help, MetricType type) {
  families_.push_back({name, help, type, {}});
  return families_.back();
}

void MetricFamilies::AddSample(MetricFamily& family, double value, Labels labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (family.type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  family.metric.push_back(std::move(metric));
}

void MetricFamilies::AddSample(MetricFamily& family, const SecondsTotals& totals, Labels labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  uint64_t below = 0;
  for (size_t i = 0; i < totals.counts.size(); ++i) {
    below += totals.counts[i];
    const bool is_last = i == SecondsHistogram::kBounds.size();
    metric.histogram.bucket.push_back({.cumulative_count = below,
                                       .upper_bound = is_last
                                                          ? std::numeric_limits<double>::infinity()
                                                          : SecondsHistogram::kBounds[i]});
  }
  metric.histogram.sample_count = below;
  metric.histogram.sample_sum = totals.sum;
  family.metric.push_back(std::move(metric));
}

void MetricFamilies::AddCounter(const char* name, const char* help, double value) {
  AddSample(NewFamily(name, help, MetricType::Counter), value);
}

void MetricFamilies::AddCounter(const char* name, const char* help, const Counter& counter) {
  AddCounter(name, help, static_cast<double>(counter.value()));
}

void MetricFamilies::AddGauge(const char* name, const char* help, double value) {
  AddSample(NewFamily(name, help, MetricType::Gauge), value);
}

void MetricFamilies::AddGauge(const char* name, const char* help, const Gauge& gauge) {
  AddGauge(name, help, static_cast<double>(gauge.value()));
}

void MetricFamilies::AddGauge(const char* name, const char* help, const RealGauge& gauge) {
  AddGauge(name, help, gauge.value());
}

void MetricFamilies::AddHistogram(const char* name, const char* help, const SecondsTotals& totals) {
  AddSample(NewFamily(name, help, MetricType::Histogram), totals);
}

std::vector<MetricFamily> MetricFamilies::Take() { return std::move(families_); }

}  // namespace runcast::telemetry
