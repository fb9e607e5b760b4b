#include "gateway/app/memory_guard.h"

#include <utility>

#include "gateway/telemetry/log.h"

namespace runcast::app {

MemoryGuard::MemoryGuard(base::EventLoop& loop, uint64_t limit_bytes,
                         absl::AnyInvocable<double()> used, absl::AnyInvocable<void(bool)> set_full)
    : loop_(loop),
      limit_(static_cast<double>(limit_bytes)),
      used_(std::move(used)),
      set_full_(std::move(set_full)),
      timer_(loop.NewTimer([this] { Look(); })) {
  timer_->Set(loop.clock().Now() + kInterval);
}

void MemoryGuard::Look() {
  timer_->Set(loop_.clock().Now() + kInterval);
  const double used = used_();
  const bool full = used >= limit_ * (full_ ? kRoomAgain : kFull);
  if (full == full_) return;
  full_ = full;
  set_full_(full);
  telemetry::Log(
      full ? telemetry::Severity::kError : telemetry::Severity::kInfo,
      full ? "memory.full" : "memory.room_again",
      full ? "memory is short: new calls are refused" : "new calls are served again",
      {{"used_bytes", static_cast<int64_t>(used)}, {"limit_bytes", static_cast<int64_t>(limit_)}});
}

}  // namespace runcast::app
