#include "gateway/app/lock_checks.h"

#include "absl/synchronization/mutex.h"

namespace runcast::app {

void StopLockChecks() { absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore); }

}  // namespace runcast::app
