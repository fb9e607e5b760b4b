// A length of time drawn from a seed: the same seed and name give the same length. Pure.
//
// JSON: a number of milliseconds, or
//   {"distribution": "exponential", "mean_ms": 600000, "seed": 7}
//   {"distribution": "uniform", "min_ms": 100, "max_ms": 900, "seed": 7}
//   {"distribution": "lognormal", "median_ms": 400, "sigma": 0.5, "seed": 7}

#ifndef RUNCAST_TESTS_SIMULATOR_TIME_DISTRIBUTION_H_
#define RUNCAST_TESTS_SIMULATOR_TIME_DISTRIBUTION_H_

#include <random>
#include <string>

#include "tests/simulator/json.h"

namespace runcast::simulator {

class TimeDistribution {
 public:
  // Throws std::exception with the reason. `name` (a run id) is mixed into the seed.
  TimeDistribution(const Json& json, const std::string& name);

  double NextMillis();

 private:
  std::string kind_ = "constant";
  double first_ = 0;   // constant, mean, minimum or median
  double second_ = 0;  // maximum or sigma
  std::mt19937_64 random_;
};

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_TIME_DISTRIBUTION_H_
