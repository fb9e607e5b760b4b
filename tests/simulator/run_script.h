// What one run will do, as a function of the time since it started. Nothing runs in the background:
// each request asks for the moment it falls into, so thousands of runs cost nothing. Pure.
//
// Members of the JSON form: README.md, "Runs".

#ifndef RUNCAST_TESTS_SIMULATOR_RUN_SCRIPT_H_
#define RUNCAST_TESTS_SIMULATOR_RUN_SCRIPT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulator/json.h"

namespace runcast::simulator {

// State of a run at one moment.
struct RunMoment {
  bool visible = true;  // false: too new or gone, the platform says "not found"
  bool terminal = false;
  std::string status;
  int64_t ran = 0;
  double percentage = 0;
  bool shows_progress = true;
  bool shows_results = false;
};

struct RunScript {
  struct Phase {
    int64_t after_ms = 0;
    std::string status;
  };

  std::string run_id;
  std::string stream;
  std::string suite;
  std::string suite_id;
  std::string user_id;
  std::string report_id;  // uuid in the report's name
  std::string file_id;
  std::string language = "en";
  std::string run_type = "published";
  int64_t utterances = 40;

  // Ends of the utterances in ms since the start when they were drawn one by one; else linear.
  std::vector<double> utterance_ends_ms;
  double duration_ms = 60'000;
  bool never_ends = false;
  std::optional<int64_t> ran;  // set by hand: time moves nothing

  // Steps of `percentage`: 0 = one step an utterance.
  double percent_step = 0;
  bool shows_percentage = true;
  bool shows_counts = true;

  std::string outcome = "completed";
  std::vector<Phase> phases;  // words while active, by time; "running" before the first
  int64_t visible_after_ms = 0;
  int64_t results_after_ms = 0;  // since the end
  int64_t gone_after_ms = -1;    // since the start; negative = never

  Json counts;  // `results`, complete
  bool is_partial_failure = false;

  Json patch, patch_active, patch_terminal;  // merge patches onto the produced body; null = none
  std::optional<std::string> raw_body;       // sent verbatim instead
  // Marks the body with the time of the answer: "" = not, "every" = of each answer, "once" = of the
  // first answer since this script was set.
  std::string stamp;
  int64_t stamped_nanos = 0;  // 0: not yet
  std::string raw_content_type = "application/json; charset=utf-8";

  int64_t started_monotonic_nanos = 0;
  int64_t started_wall_millis = 0;  // platform clock

  Json spec;  // what it was read from, for later changes

  double ElapsedMs(int64_t now_nanos) const {
    return static_cast<double>(now_nanos - started_monotonic_nanos) / 1e6;
  }
  RunMoment MomentAt(double elapsed_ms) const;
};

// Throws std::exception naming the member that is wrong or unknown. Ids that are missing are made
// from the run id, so the same scenario gives the same bodies. Start times are left at zero.
RunScript RunScriptFromJson(const Json& spec);

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_RUN_SCRIPT_H_
