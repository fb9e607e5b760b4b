// How long each step of an orderly end may take.

#ifndef RUNCAST_GATEWAY_APP_DRAIN_TIMES_H_
#define RUNCAST_GATEWAY_APP_DRAIN_TIMES_H_

#include "absl/time/time.h"

namespace runcast::app {

// Meanings and ranges: DrainConfig in proto/runcast/config/v1.
struct DrainTimes {
  absl::Duration delay = absl::Seconds(5);
  absl::Duration spread = absl::Seconds(10);
  absl::Duration hard_deadline = absl::Seconds(30);
};

}  // namespace runcast::app

#endif  // RUNCAST_GATEWAY_APP_DRAIN_TIMES_H_
