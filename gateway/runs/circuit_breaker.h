// Notices that the platform as a whole is down, and then lets only probes through.
//
// Pure: no clock, thread or socket.

#ifndef RUNCAST_GATEWAY_RUNS_CIRCUIT_BREAKER_H_
#define RUNCAST_GATEWAY_RUNS_CIRCUIT_BREAKER_H_

#include <array>
#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/base/clock.h"

namespace runcast::runs {

// What the end of a poll tells of the platform.
enum class PlatformSign {
  kWell,     // It answered, be it with a refusal.
  kFailing,  // No answer, a time-out, 5xx or nonsense.
  kNone,     // It was not asked.
};

// Opens when at least half of the polls of the last 20 s failed, over at least 5 runs of at
// least 2 stream ids: one tenant's trouble stops nobody else. While open, one poll a second
// goes through; the first that succeeds closes it.
class CircuitBreaker {
 public:
  // Whether a poll may go out now. While open, a yes is the probe of this second.
  bool Allows(base::MonotonicTime now);

  // When the next probe may go, if open; `now` otherwise.
  base::MonotonicTime NextAllowed(base::MonotonicTime now) const;

  // A poll ended.
  void OnResult(base::MonotonicTime now, absl::string_view stream_id, absl::string_view run_id,
                PlatformSign sign);

  bool is_open() const { return open_; }

 private:
  // One second of the last 20.
  struct Slot {
    int64_t second = -1;
    int polls = 0;
    int failures = 0;
  };

  void DropOldFailures(base::MonotonicTime now);
  bool ShouldOpen(base::MonotonicTime now) const;

  static constexpr absl::Duration kWindow = absl::Seconds(20);
  static constexpr absl::Duration kProbeInterval = absl::Seconds(1);

  std::array<Slot, 20> slots_;
  // Last failure of each run and of each stream id; swept of old ones once a second.
  absl::flat_hash_map<std::string, base::MonotonicTime> failed_runs_;
  absl::flat_hash_map<std::string, base::MonotonicTime> failed_streams_;
  base::MonotonicTime next_sweep_ = base::MonotonicTime::InfinitePast();
  bool open_ = false;
  base::MonotonicTime next_probe_ = base::MonotonicTime::InfinitePast();
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_CIRCUIT_BREAKER_H_
