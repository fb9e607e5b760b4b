// What the gateway did in the last minutes, in steps.

#ifndef RUNCAST_GATEWAY_ADMIN_ACTIVITY_HISTORY_H_
#define RUNCAST_GATEWAY_ADMIN_ACTIVITY_HISTORY_H_

#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

#include "absl/time/time.h"
#include "gateway/telemetry/metrics.h"

namespace runcast::admin {

struct ActivitySample {
  absl::Time at;
  telemetry::Activity activity;  // Totals since the start; rates are differences.
};

// Ten minutes of samples, and no more.
//
// Threads: any.
class ActivityHistory {
 public:
  static constexpr absl::Duration kStep = absl::Seconds(5);
  static constexpr size_t kMostSamples = 121;

  void Add(const ActivitySample& sample);
  std::vector<ActivitySample> Samples() const;

 private:
  mutable std::mutex mutex_;
  std::deque<ActivitySample> samples_;  // Guarded by mutex_.
};

}  // namespace runcast::admin

#endif  // RUNCAST_GATEWAY_ADMIN_ACTIVITY_HISTORY_H_
