// Keeps an event that repeats from filling the log.

#ifndef RUNCAST_GATEWAY_TELEMETRY_EVENT_LIMIT_H_
#define RUNCAST_GATEWAY_TELEMETRY_EVENT_LIMIT_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "gateway/base/clock.h"

namespace runcast::telemetry {

// At most one line in an interval; the next one tells how many were kept back before it.
//
// Pure. Threads: one.
class EventLimit {
 public:
  explicit EventLimit(absl::Duration interval) : interval_(interval) {}

  // How many were kept back since the last line, if one may be written now; else nothing, and
  // this one is kept back.
  std::optional<uint64_t> Pass(base::MonotonicTime now) {
    if (now < next_) {
      ++kept_back_;
      return std::nullopt;
    }
    next_ = now + interval_;
    const uint64_t kept_back = kept_back_;
    kept_back_ = 0;
    return kept_back;
  }

 private:
  absl::Duration interval_;
  base::MonotonicTime next_ = base::MonotonicTime::InfinitePast();
  uint64_t kept_back_ = 0;
};

}  // namespace runcast::telemetry

#endif  // RUNCAST_GATEWAY_TELEMETRY_EVENT_LIMIT_H_
