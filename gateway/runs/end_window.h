// A stretch of time in which the end of a run is expected.

#ifndef RUNCAST_GATEWAY_RUNS_END_WINDOW_H_
#define RUNCAST_GATEWAY_RUNS_END_WINDOW_H_

#include "gateway/base/clock.h"

namespace runcast::runs {

struct EndWindow {
  base::MonotonicTime earliest;
  base::MonotonicTime latest;

  base::MonotonicTime middle() const { return earliest + (latest - earliest) / 2; }
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_END_WINDOW_H_
