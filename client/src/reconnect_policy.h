// Decides whether and when a lost stream is opened again.

#ifndef RUNCAST_CLIENT_SRC_RECONNECT_POLICY_H_
#define RUNCAST_CLIENT_SRC_RECONNECT_POLICY_H_

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace runcast::client {

// Full jitter: a wait is drawn evenly from zero to a bound that doubles with each failure.
// Thousands of watchers that lose one gateway so spread evenly instead of returning in waves.
// Pure: time and chance come from outside. Threads: one.
class ReconnectPolicy {
 public:
  struct Options {
    absl::Duration initial_backoff = absl::Milliseconds(100);
    absl::Duration max_backoff = absl::Seconds(2);
  };
  // Returns a number from [0, 1).
  using Random = absl::AnyInvocable<double()>;

  ReconnectPolicy(Options options, Random random);

  // Whether asking again can help. The others speak of the request or the caller and would be
  // answered the same for ever.
  static bool CanHeal(const absl::Status& error);

  // A stream ended that lived for `lived` after its first message (zero: there was none).
  // Returns the wait before the next try: at least `asked`, what the gateway asked for.
  absl::Duration NextWait(absl::Duration lived, absl::Duration asked);

 private:
  const Options options_;
  Random random_;
  int failures_ = 0;
};

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_RECONNECT_POLICY_H_
