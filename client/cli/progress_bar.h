// One line that shows how far a run is, drawn into a string.
//
//   tr-17  ███████████▌░░░░░░░░░░░░  48 %  19/40  2.1/s  10s left

#ifndef RUNCAST_CLIENT_CLI_PROGRESS_BAR_H_
#define RUNCAST_CLIENT_CLI_PROGRESS_BAR_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"

namespace runcast::cli {

// What the line shows. Texts are printable (printable_text.h).
struct ProgressView {
  std::string run;
  std::string state;  // Shown while there is no percent.
  std::optional<double> percent;
  std::optional<int64_t> done;
  std::optional<int64_t> total;
  std::optional<double> per_second;
  std::optional<absl::Duration> remaining;
  std::string trouble;  // Such as `stale: UPSTREAM_UNAVAILABLE`. Empty: none.
};

struct LineStyle {
  int columns = 80;
  bool color = false;
  bool unicode = true;
};

// A line of at most `columns` columns, without line break. The run id takes a third of them at
// most. On narrow terminals the rate, the counts, the remaining time and the bar go in this order,
// then the words of the trouble (or of the state) are cut, then the run id goes; the percent stays.
std::string RenderProgressBar(const ProgressView& view, const LineStyle& style);

// A duration for people, at most two units: `9s`, `1m 05s`, `2h 03m`.
std::string ShortDuration(absl::Duration duration);

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_PROGRESS_BAR_H_
