#include "tests/simulator/time_distribution.h"

#include <cmath>
#include <stdexcept>

namespace runcast::simulator {
namespace {

// FNV-1a: std::hash may differ between builds, and a scenario must repeat.
uint64_t HashOf(const std::string& text) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

}  // namespace

TimeDistribution::TimeDistribution(const Json& json, const std::string& name) {
  if (json.is_number()) {
    first_ = json.get<double>();
    return;
  }
  kind_ = json.at("distribution").get<std::string>();
  random_.seed(json.value("seed", uint64_t{1}) * 1'000'003 ^ HashOf(name));
  if (kind_ == "constant" || kind_ == "exponential") {
    first_ = json.at("mean_ms").get<double>();
  } else if (kind_ == "uniform") {
    first_ = json.at("min_ms").get<double>();
    second_ = json.at("max_ms").get<double>();
  } else if (kind_ == "lognormal") {
    first_ = json.at("median_ms").get<double>();
    second_ = json.at("sigma").get<double>();
  } else {
    throw std::invalid_argument("unknown distribution: " + kind_);
  }
}

double TimeDistribution::NextMillis() {
  if (kind_ == "constant") return first_;
  if (kind_ == "exponential") return std::exponential_distribution<double>(1 / first_)(random_);
  if (kind_ == "uniform") return std::uniform_real_distribution<double>(first_, second_)(random_);
  return std::lognormal_distribution<double>(std::log(first_), second_)(random_);
}

}  // namespace runcast::simulator
