#include "client/src/reconnect_policy.h"

#include <algorithm>
#include <utility>

namespace runcast::client {

ReconnectPolicy::ReconnectPolicy(Options options, Random random)
    : options_(options), random_(std::move(random)) {}

bool ReconnectPolicy::CanHeal(const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kUnimplemented:
      return false;
    default:
      return true;
  }
}

absl::Duration ReconnectPolicy::NextWait(absl::Duration lived, absl::Duration asked) {
  // One message does not prove a gateway healthy: one that crashes after each first message
  // would otherwise be hammered at the initial pace.
  if (lived >= options_.max_backoff) failures_ = 0;
  absl::Duration bound = options_.initial_backoff;
  for (int i = 0; i < failures_ && bound < options_.max_backoff; ++i) bound *= 2;
  bound = std::min(bound, options_.max_backoff);
  ++failures_;
  // Nobody is served by a client that sleeps for days because of one odd header.
  asked = std::clamp(asked, absl::ZeroDuration(), absl::Hours(1));
  return asked + bound * random_();
}

}  // namespace runcast::client
