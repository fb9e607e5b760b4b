// Whether this replica gets any answer from the platform, good or bad.
//
// Pure.

#ifndef RUNCAST_GATEWAY_RUNS_PLATFORM_REACH_H_
#define RUNCAST_GATEWAY_RUNS_PLATFORM_REACH_H_

#include "absl/time/time.h"
#include "gateway/base/clock.h"

namespace runcast::runs {

// Out of reach: three polls or more of whatever runs have ended without an answer, none with one,
// over at least 2 s: another replica has then taken over within 5 s. Forgotten 5 min after the last
// try, since who has handed its runs over tries no more; not sooner, or replicas none of which
// reaches it would hand runs round in a circle.
class PlatformReach {
 public:
  void OnAnswer() { failures_ = 0; }
  void OnNoAnswer(base::MonotonicTime now);

  bool IsLost(base::MonotonicTime now) const;

 private:
  int failures_ = 0;  // In a row.
  base::MonotonicTime first_;
  base::MonotonicTime last_;
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_PLATFORM_REACH_H_
