// From what was seen to what is wrong, in plain words, and which setting causes it.
//
// Pure. Source of times and settings: proxies' defaults as listed in deploy/README.md.

#ifndef RUNCAST_CLIENT_CLI_DOCTOR_DIAGNOSIS_H_
#define RUNCAST_CLIENT_CLI_DOCTOR_DIAGNOSIS_H_

#include <string>
#include <vector>

#include "client/cli/doctor_observations.h"

namespace runcast::cli {

struct Finding {
  enum class Result { kGood, kNote, kBad };
  Result result = Result::kGood;
  std::string check;    // `connection`, `health`, `reflection`, `read`, `clock`, `streams`.
  std::string words;    // What was seen.
  std::string setting;  // What causes it and what to do; empty when all is well.
};

// The setting that cuts streams which live this long although they are not silent.
std::string CauseOfAgeCut(absl::Duration age);
// The setting that cuts streams which are silent this long.
std::string CauseOfIdleCut(absl::Duration silence);

// Findings up to the read, in the order of the checks.
std::vector<Finding> DiagnoseCalls(const Observations& seen);
// Findings about the streams that were held.
std::vector<Finding> DiagnoseStreams(const Observations& seen);

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_DOCTOR_DIAGNOSIS_H_
