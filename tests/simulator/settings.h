// Everything about the simulated platform that can be set from the command line, the scenario file
// and, while it runs, by the control interface. One place, so that the names are the same
// everywhere: member `rate_status` is flag `--rate-status` and member "rate_status" in JSON.

#ifndef RUNCAST_TESTS_SIMULATOR_SETTINGS_H_
#define RUNCAST_TESTS_SIMULATOR_SETTINGS_H_

#include <cstdint>
#include <string>

#include "tests/simulator/json.h"

namespace runcast::simulator {

struct Settings {
  // Rolling windows (upstream reference, section 7). A limit of 0 switches that window off.
  int64_t minute_limit = 60;
  int64_t minute_window_ms = 60'000;
  int64_t hour_limit = 1'800;
  int64_t hour_window_ms = 3'600'000;
  // The same per bot, for all calls but status.
  int64_t bot_minute_limit = 60;
  int64_t bot_hour_limit = 1'800;

  // Rate refusals: status and texts are undocumented in part, hence settable.
  int64_t rate_status = 429;
  std::string rate_minute_text =
      "You've exceeded the per-minute rate limit. Please try again after some time.";
  std::string rate_hour_text =
      "You've exceeded the hourly rate limit. Please try again after some time.";
  // Seconds for a Retry-After header in rate refusals; negative = no such header.
  int64_t rate_retry_after_s = -1;

  // Status of "Test Suite not found" and of "Test Result not found.": 400 or 404.
  int64_t suite_not_found_status = 400;
  int64_t run_not_found_status = 400;

  // Clock of the platform, in the Date header and in every token check.
  int64_t clock_offset_ms = 0;
  int64_t skew_tolerance_ms = 30'000;
  // How long a jti is remembered.
  int64_t jti_memory_s = 3'600;

  // Added before every answer of the public API.
  int64_t latency_ms = 0;
  // Kept connections idle for this long are closed; 0 = never.
  int64_t idle_timeout_ms = 0;

  // Where report links point to; empty = this simulator itself.
  std::string file_url_base = "https://platform.kore.ai";

  bool log = true;
  int64_t log_capacity = 200'000;

  // Merges a JSON object; throws std::exception naming the member that is unknown or of wrong type.
  void Merge(const Json& json);
  Json ToJson() const;
};

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_SETTINGS_H_
