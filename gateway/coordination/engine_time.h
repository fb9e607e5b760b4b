// Our monotonic clock in the engine's milliseconds, and back.
//
// Sends travel in the engine's time, so that the wall clocks of replicas may differ and jump. Pure.

#ifndef RUNCAST_GATEWAY_COORDINATION_ENGINE_TIME_H_
#define RUNCAST_GATEWAY_COORDINATION_ENGINE_TIME_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/base/clock.h"
#include "gateway/runs/coordination.h"

namespace runcast::coordination {

// The difference of the clocks stays as it was first seen, because a time that comes back must be
// the one that was given: only when the clocks have drifted by 100 ms is it seen anew.
class EngineTime {
 public:
  // The engine's clock showed `engine_ms` between these two moments of ours. Returns by how much
  // times that were packed before are read otherwise from now on: zero, unless the difference is
  // seen anew.
  absl::Duration OnReading(int64_t engine_ms, base::MonotonicTime before,
                           base::MonotonicTime after);
  bool is_known() const { return is_known_; }

  int64_t ToEngine(base::MonotonicTime time) const;
  base::MonotonicTime FromEngine(int64_t engine_ms) const;

  // 4 bytes for each time, little-endian: milliseconds modulo 2^32. Times within 24 days of `now`
  // can be read back.
  std::string Pack(const runs::SendTimes& times) const;
  runs::SendTimes Unpack(absl::string_view bytes, base::MonotonicTime now) const;

 private:
  bool is_known_ = false;
  absl::Duration offset_;  // Engine's clock less ours.
};

}  // namespace runcast::coordination

#endif  // RUNCAST_GATEWAY_COORDINATION_ENGINE_TIME_H_
