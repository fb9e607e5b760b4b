#include "gateway/base/clock.h"

#include <chrono>

#include "absl/time/clock.h"

namespace runcast::base {

MonotonicTime SystemClock::Now() const {
  return MonotonicTime::FromOrigin(
      absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch()));
}

absl::Time SystemClock::WallNow() const { return absl::Now(); }

}  // namespace runcast::base
