// Keeps a secret fresh: read at start, when its file changes, and on demand.

#ifndef RUNCAST_GATEWAY_AUTH_SECRET_SOURCE_H_
#define RUNCAST_GATEWAY_AUTH_SECRET_SOURCE_H_

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/auth/secret_location.h"
#include "gateway/base/clock.h"
#include "gateway/base/event_loop.h"
#include "gateway/base/file_watcher.h"
#include "gateway/base/secret_string.h"
#include "gateway/telemetry/metrics.h"

namespace runcast::auth {

// The owner judges each new text and takes it into use or refuses it; a refused, missing, empty
// or half-written secret leaves the last good one in use. What went wrong is logged once, not
// with each look.
//
// Threads: the loop's only.
// Lifetime: `loop` and `metrics` (may be null) outlive this object.
class SecretSource {
 public:
  // Why a text is offered. After a refusal there is little to lose with another secret.
  enum class Occasion { kStart, kChanged, kRefused };
  // Takes the text into use, or says why not, as the end of a sentence: `is no JSON object`.
  using Accept = absl::AnyInvocable<absl::Status(const base::SecretString& text, Occasion)>;

  // How long a changed file is left alone before it is read: whoever writes it in place may not
  // be done. Longer than writing a few kB takes, short against the 10 s of a recovery.
  static constexpr absl::Duration kSettleTime = absl::Milliseconds(500);

  // `name` says in messages whose secret it is, such as ``secret of credential `a` ``.
  // Errors: FAILED_PRECONDITION when there is no good secret at start.
  static absl::StatusOr<std::unique_ptr<SecretSource>> Make(base::EventLoop& loop, std::string name,
                                                            SecretLocation location, Accept accept,
                                                            telemetry::Metrics* metrics);

  // Reads again at once, because the platform refused what the secret signed. True when another
  // text is in use now.
  bool Reread();

  // When the text in use was taken into use.
  base::MonotonicTime accepted_at() const { return accepted_at_; }
  // Whether that was after the start.
  bool was_replaced() const { return was_replaced_; }

 private:
  SecretSource(base::EventLoop& loop, std::string name, SecretLocation location, Accept accept,
               telemetry::Metrics* metrics);

  // Whether another text is in use now.
  absl::StatusOr<bool> Read(Occasion occasion);
  bool ReadAgain(Occasion occasion);

  base::EventLoop& loop_;
  const std::string name_;
  const SecretLocation location_;
  Accept accept_;
  telemetry::Metrics* const metrics_;

  base::SecretString text_;  // The one in use.
  base::MonotonicTime accepted_at_;
  bool was_replaced_ = false;
  std::string last_failure_;  // What was logged; empty when all is well.

  std::unique_ptr<base::Timer> settle_timer_;
  std::unique_ptr<base::FileWatcher> watcher_;
};

}  // namespace runcast::auth

#endif  // RUNCAST_GATEWAY_AUTH_SECRET_SOURCE_H_
