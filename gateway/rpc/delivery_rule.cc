#include "gateway/rpc/delivery_rule.h"

namespace runcast::rpc {

Delivery DecideDelivery(const runs::ResumeToken& status, const runs::ResumeToken* seen,
                        bool resuming) {
  if (seen == nullptr) return Delivery::kStatus;
  if (status.fingerprint == seen->fingerprint && status.terminal == seen->terminal) {
    if (status.terminal) return Delivery::kEnd;
    // A later number in the same epoch with the same facts tells that the freshness changed.
    const bool later = status.epoch == seen->epoch && status.sequence > seen->sequence;
    if (later && !resuming) return Delivery::kStatus;
    const bool known = status.epoch == seen->epoch && status.sequence <= seen->sequence;
    return known && !resuming ? Delivery::kHold : Delivery::kHeartbeat;
  }
  // Nothing follows a terminal status, so it cannot be behind.
  if (status.terminal) return Delivery::kStatus;
  // Numbers of one epoch come from one feed: a lower one is older, whatever it holds.
  if (status.epoch == seen->epoch && status.sequence <= seen->sequence) return Delivery::kHold;
  return runs::IsBehind(status, *seen) ? Delivery::kHold : Delivery::kStatus;
}

}  // namespace runcast::rpc
