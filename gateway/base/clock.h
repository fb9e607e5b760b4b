// Time, in two kinds that cannot be mixed up: monotonic for waiting and measuring, wall time
// for what people and the platform see.

#ifndef RUNCAST_GATEWAY_BASE_CLOCK_H_
#define RUNCAST_GATEWAY_BASE_CLOCK_H_

#include <compare>

#include "absl/time/time.h"

namespace runcast::base {

// A point on a clock that never jumps. Only differences mean something.
class MonotonicTime {
 public:
  constexpr MonotonicTime() = default;  // Before every time that a clock gives.
  static MonotonicTime FromOrigin(absl::Duration since_origin) {
    MonotonicTime time;
    time.since_origin_ = since_origin;
    return time;
  }
  static MonotonicTime InfiniteFuture() { return FromOrigin(absl::InfiniteDuration()); }
  static MonotonicTime InfinitePast() { return FromOrigin(-absl::InfiniteDuration()); }

  absl::Duration since_origin() const { return since_origin_; }

  friend MonotonicTime operator+(MonotonicTime time, absl::Duration by) {
    return FromOrigin(time.since_origin_ + by);
  }
  friend MonotonicTime operator-(MonotonicTime time, absl::Duration by) {
    return FromOrigin(time.since_origin_ - by);
  }
  friend absl::Duration operator-(MonotonicTime a, MonotonicTime b) {
    return a.since_origin_ - b.since_origin_;
  }
  friend bool operator==(MonotonicTime a, MonotonicTime b) {
    return a.since_origin_ == b.since_origin_;
  }
  friend std::strong_ordering operator<=>(MonotonicTime a, MonotonicTime b) {
    if (a.since_origin_ < b.since_origin_) return std::strong_ordering::less;
    if (b.since_origin_ < a.since_origin_) return std::strong_ordering::greater;
    return std::strong_ordering::equal;
  }

 private:
  absl::Duration since_origin_;
};

// Threads: any.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonotonicTime Now() const = 0;
  virtual absl::Time WallNow() const = 0;
};

// The clocks of the system.
class SystemClock final : public Clock {
 public:
  MonotonicTime Now() const override;
  absl::Time WallNow() const override;
};

}  // namespace runcast::base

#endif  // RUNCAST_GATEWAY_BASE_CLOCK_H_
