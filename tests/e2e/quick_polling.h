// A deployment in which news arrive within a fraction of a second, so that tests of rules that do
// not depend on the pace need not wait for it.

#ifndef RUNCAST_TESTS_E2E_QUICK_POLLING_H_
#define RUNCAST_TESTS_E2E_QUICK_POLLING_H_

#include <nlohmann/json.hpp>
#include <utility>

#include "tests/e2e/deployment.h"

namespace runcast::e2e {

// For tests that count messages: a machine that is slow for a moment makes no run stale.
inline const nlohmann::ordered_json kUnhurried = {
    {"polling", {{"base_interval", "1s"}, {"early_interval", "1s"}}}};

// `config` goes on top (RFC 7396). Neither side limits the calls for a run.
inline Deployment::Options QuickPolling(nlohmann::ordered_json config = nullptr) {
  nlohmann::ordered_json all = {{"polling",
                                 {{"per_minute", 100'000},
                                  {"per_hour", 3'000'000},
                                  {"base_interval", "200ms"},
                                  {"early_interval", "200ms"},
                                  {"min_gap", "10ms"},
                                  {"new_runs_per_second", 10'000},
                                  {"new_runs_per_second_per_caller", 10'000}}}};
  if (config.is_object()) all.merge_patch(config);
  return {.simulator_flags = {"--minute-limit", "0", "--hour-limit", "0"},
          .gateway_flags = {},
          .gateway_environment = {},
          .config = std::move(all)};
}

}  // namespace runcast::e2e

#endif  // RUNCAST_TESTS_E2E_QUICK_POLLING_H_
