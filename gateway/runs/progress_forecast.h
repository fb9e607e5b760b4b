// Between when and when a run will probably end, judged by how its progress went so far.
//
// Pure: no clock, thread or socket. Progress is seen only through polls, so each step is known
// to lie between two of them; the forecast carries that blur along instead of hiding it.

#ifndef RUNCAST_GATEWAY_RUNS_PROGRESS_FORECAST_H_
#define RUNCAST_GATEWAY_RUNS_PROGRESS_FORECAST_H_

#include <array>
#include <cstddef>
#include <optional>

#include "absl/time/time.h"
#include "gateway/base/clock.h"
#include "gateway/runs/end_window.h"

namespace runcast::runs {

// Memory: the last 16 steps of progress.
class ProgressForecast {
 public:
  // A good answer at `at` says that an active run is at `percent`.
  void OnProgress(base::MonotonicTime at, double percent);

  // Nothing while fewer than two steps were seen, or the run seems to stand still: the next step
  // is overdue by more than all the time that its predecessors took.
  std::optional<EndWindow> Window(base::MonotonicTime now) const;

 private:
  // A value of progress, and between which polls it was reached.
  struct Step {
    double percent = 0;
    base::MonotonicTime after;
    base::MonotonicTime by;

    base::MonotonicTime middle() const { return after + (by - after) / 2; }
    absl::Duration blur() const { return (by - after) / 2; }
  };

  static constexpr size_t kSteps = 16;

  const Step& StepBack(size_t back) const { return steps_[(count_ - 1 - back) % kSteps]; }

  std::array<Step, kSteps> steps_;
  size_t count_ = 0;  // Steps ever seen; the newest is steps_[(count_ - 1) % kSteps].
  base::MonotonicTime last_seen_ = base::MonotonicTime::InfinitePast();
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_PROGRESS_FORECAST_H_
