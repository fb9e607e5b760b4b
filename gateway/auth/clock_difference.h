// How far the platform's clock is from ours.

#ifndef RUNCAST_GATEWAY_AUTH_CLOCK_DIFFERENCE_H_
#define RUNCAST_GATEWAY_AUTH_CLOCK_DIFFERENCE_H_

#include <array>
#include <cstddef>

#include "absl/time/time.h"
#include "gateway/base/clock.h"

namespace runcast::auth {

// The platform judges `iat` and `exp` by its own clock, and says the time of that clock in each
// answer's `Date`. The median of the last three counts, so that one odd proxy does not; below
// 5 s ours is believed, because `Date` has whole seconds and answers take time.
//
// Samples are kept against the monotonic clock, which never jumps: when somebody sets the wall
// clock by an hour, the platform's time is still known.
//
// Pure. Threads: one.
class ClockDifference {
 public:
  static constexpr absl::Duration kTolerance = absl::Seconds(5);

  // The platform said `platform` at our monotonic time `now`.
  void Add(absl::Time platform, base::MonotonicTime now);

  // The time to write into tokens, given our two clocks: `wall`, unless the platform's clock is
  // known to differ from it by more than the tolerance.
  absl::Time PlatformTime(base::MonotonicTime now, absl::Time wall) const;

 private:
  static constexpr size_t kSamples = 3;

  // Platform's time when the monotonic clock stood at its origin.
  std::array<absl::Time, kSamples> platform_at_origin_{};
  size_t added_ = 0;
};

}  // namespace runcast::auth

#endif  // RUNCAST_GATEWAY_AUTH_CLOCK_DIFFERENCE_H_
