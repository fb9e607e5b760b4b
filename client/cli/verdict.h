// Whether a finished run is good.

#ifndef RUNCAST_CLIENT_CLI_VERDICT_H_
#define RUNCAST_CLIENT_CLI_VERDICT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runcast/v1/run_status.pb.h"

namespace runcast::cli {

// What the user asks of a run. The platform's `completed` says only that a run came to its end.
struct VerdictRules {
  std::optional<double> min_f1;
  std::optional<double> min_precision;
  std::optional<double> min_recall;
  std::optional<int64_t> max_failures;
  // Accepts runs of which the platform dropped some records.
  bool allow_partial = false;

  // Whether scores or counts are asked for.
  bool any() const { return min_f1 || min_precision || min_recall || max_failures; }
};

// The reasons why a run is bad, for people; empty for a good one. A score that is asked for but
// not given counts as not met: absent is not good. A run that has not ended meets no rule, and that
// is the one reason. Pure.
std::vector<std::string> Faults(const v1::RunStatus& status, const VerdictRules& rules);

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_VERDICT_H_
