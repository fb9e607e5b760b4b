// How fast a run goes and how long it will take.

#ifndef RUNCAST_CLIENT_CLI_PROGRESS_ESTIMATE_H_
#define RUNCAST_CLIENT_CLI_PROGRESS_ESTIMATE_H_

#include <deque>
#include <optional>

#include "absl/time/time.h"
#include "runcast/v1/run_status.pb.h"

namespace runcast::cli {

// Measures over the last 30 s, so that a run that slows down is seen to. Pure: the times are
// those of the statuses (`observed_at`), so that delivery in a bunch does not bend the rate.
class ProgressEstimate {
 public:
  void Add(absl::Time observed_at, const v1::Progress& progress);

  // Utterances a second. Nothing before two different counts were seen.
  std::optional<double> UtterancesPerSecond() const;

  // From `now` to the end, never negative. By counts where they are known, else by percent.
  std::optional<absl::Duration> Remaining(absl::Time now) const;

 private:
  struct Point {
    absl::Time at;
    double done;
  };
  // What is counted changes when a platform gives counts only later.
  enum class Unit { kNone, kUtterances, kPercent };

  std::optional<double> Rate() const;

  Unit unit_ = Unit::kNone;
  double total_ = 0;
  std::deque<Point> points_;  // Rising in time and count.
};

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_PROGRESS_ESTIMATE_H_
