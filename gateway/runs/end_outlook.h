// When a run will probably end, by the best hint there is.
//
// Hints, best first: the platform's percentage; how long earlier runs of the suite took, which
// this process saw end. Where there is neither, none is made up.

#ifndef RUNCAST_GATEWAY_RUNS_END_OUTLOOK_H_
#define RUNCAST_GATEWAY_RUNS_END_OUTLOOK_H_

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "gateway/base/clock.h"
#include "gateway/base/run_key.h"
#include "gateway/runs/end_window.h"
#include "gateway/runs/progress_forecast.h"
#include "gateway/runs/run_lengths.h"
#include "runcast/v1/run_status.pb.h"

namespace runcast::runs {

// Pure. One run.
class EndOutlook {
 public:
  // A good answer says that the run is active. What `lengths` knows at the first one counts, so
  // that the hint does not change while the run goes on.
  void OnActive(const base::RunKey& run, base::MonotonicTime at, absl::Time wall,
                const v1::RunStatus& facts, const RunLengths& lengths);
  void OnEnded() { *this = EndOutlook(); }

  // What the outlook rests on; UNSPECIFIED before the first active answer and after the end.
  v1::Freshness::EndHint hint() const { return hint_; }

  // Nothing while it cannot be told.
  std::optional<EndWindow> Window(base::MonotonicTime now) const;

 private:
  std::optional<EndWindow> WindowByEarlierRuns(base::MonotonicTime now) const;

  v1::Freshness::EndHint hint_ = v1::Freshness::END_HINT_UNSPECIFIED;
  ProgressForecast progress_;
  std::vector<absl::Duration> earlier_;                              // Rising.
  base::MonotonicTime start_ = base::MonotonicTime::InfinitePast();  // Unknown.
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_END_OUTLOOK_H_
