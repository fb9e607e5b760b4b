// The simulator's time: the machine's monotonic clock for durations and windows, and the wall clock
// the platform pretends to have, which may be wrong by a settable offset.
//
// Threads: the event loop only.

#ifndef RUNCAST_TESTS_SIMULATOR_PLATFORM_CLOCK_H_
#define RUNCAST_TESTS_SIMULATOR_PLATFORM_CLOCK_H_

#include <cstdint>
#include <string>

namespace runcast::simulator {

// CLOCK_MONOTONIC, the same for every process of this machine, so that times in the request log
// compare with those of a load generator or a gateway.
int64_t MonotonicNanos();

// The machine's wall clock in milliseconds since 1970.
int64_t WallMillis();

// RFC 3339 UTC with milliseconds, as in `startTime`.
std::string Rfc3339(int64_t wall_millis);

class PlatformClock {
 public:
  void set_offset_millis(int64_t offset) { offset_millis_ = offset; }
  int64_t offset_millis() const { return offset_millis_; }

  // What the platform believes the time is.
  int64_t NowMillis() const { return WallMillis() + offset_millis_; }

  // `Date` header for now, RFC 9110 form. Formatted once a second.
  const std::string& HttpDate();

 private:
  int64_t offset_millis_ = 0;
  int64_t date_second_ = -1;
  std::string date_;
};

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_PLATFORM_CLOCK_H_
