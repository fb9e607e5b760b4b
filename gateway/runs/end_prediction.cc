#include "gateway/runs/end_prediction.h"

#include "gateway/runs/wire_time.h"

namespace runcast::runs {

absl::Time PredictEnd(const v1::RunStatus& status, absl::Time observed_at) {
  const double percent = status.progress().percent();
  if (status.terminal() || !status.has_start_time() || percent <= 0 || percent >= 100) {
    return absl::InfinitePast();
  }
  const absl::Time start = FromTimestamp(status.start_time());
  // The platform's clock may be ahead of ours.
  if (start >= observed_at) return absl::InfinitePast();
  return start + (observed_at - start) * (100 / percent);
}

}  // namespace runcast::runs
