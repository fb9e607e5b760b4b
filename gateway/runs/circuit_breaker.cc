#include "gateway/runs/circuit_breaker.h"

#include <algorithm>

namespace runcast::runs {
namespace {

constexpr size_t kRunsToOpen = 5;
constexpr size_t kStreamsToOpen = 2;

}  // namespace

bool CircuitBreaker::Allows(base::MonotonicTime now) {
  if (!open_) return true;
  if (now < next_probe_) return false;
  next_probe_ = now + kProbeInterval;
  return true;
}

base::MonotonicTime CircuitBreaker::NextAllowed(base::MonotonicTime now) const {
  return open_ ? std::max(now, next_probe_) : now;
}

void CircuitBreaker::OnResult(base::MonotonicTime now, absl::string_view stream_id,
                              absl::string_view run_id, PlatformSign sign) {
  // A poll that stayed here neither ends an outage nor dilutes one.
  if (sign == PlatformSign::kNone) return;
  const int64_t second = absl::ToInt64Seconds(now.since_origin());
  Slot& slot = slots_[static_cast<size_t>(second) % slots_.size()];
  if (slot.second != second) slot = Slot{.second = second};
  ++slot.polls;
  if (sign == PlatformSign::kWell) {
    if (open_) {
      // What was counted belongs to the outage that has just ended.
      open_ = false;
      slots_.fill(Slot());
      failed_runs_.clear();
      failed_streams_.clear();
    }
    return;
  }
  ++slot.failures;
  failed_runs_[run_id] = now;
  failed_streams_[stream_id] = now;
  DropOldFailures(now);
  if (!open_ && ShouldOpen(now)) {
    open_ = true;
    next_probe_ = now + kProbeInterval;
  }
}

void CircuitBreaker::DropOldFailures(base::MonotonicTime now) {
  if (now < next_sweep_) return;
  next_sweep_ = now + absl::Seconds(1);
  const auto is_old = [&](const auto& failure) { return failure.second + kWindow <= now; };
  absl::erase_if(failed_runs_, is_old);
  absl::erase_if(failed_streams_, is_old);
}

bool CircuitBreaker::ShouldOpen(base::MonotonicTime now) const {
  const int64_t oldest = absl::ToInt64Seconds((now - kWindow).since_origin());
  int polls = 0;
  int failures = 0;
  for (const Slot& slot : slots_) {
    if (slot.second <= oldest) continue;
    polls += slot.polls;
    failures += slot.failures;
  }
  return 2 * failures >= polls && failed_runs_.size() >= kRunsToOpen &&
         failed_streams_.size() >= kStreamsToOpen;
}

}  // namespace runcast::runs
