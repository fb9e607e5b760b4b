// All credentials, by the stream ids they serve.

#ifndef RUNCAST_GATEWAY_AUTH_CREDENTIAL_SET_H_
#define RUNCAST_GATEWAY_AUTH_CREDENTIAL_SET_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/auth/caching_token_source.h"
#include "gateway/auth/clock_difference.h"
#include "gateway/auth/credential_options.h"
#include "gateway/auth/token_source.h"
#include "gateway/base/event_loop.h"
#include "gateway/telemetry/metrics.h"

namespace runcast::auth {

// Each stream id belongs to exactly one credential; the stream id `*` stands for all that no
// credential names. Which credential serves what never changes; their secrets do.
//
// Threads: `Serves` from any thread, all else on the poll loop.
// Lifetime: `loop` and `metrics` (may be null) outlive this object.
class CredentialSet final : public Credentials {
 public:
  // Errors: FAILED_PRECONDITION with every fault of every credential, one a
  // line: secrets that are missing or bad, names and stream ids given twice, none at all.
  static absl::StatusOr<std::unique_ptr<CredentialSet>> Make(
      base::EventLoop& loop, const std::vector<CredentialOptions>& credentials,
      telemetry::Metrics* metrics);

  bool Serves(absl::string_view stream_id) const override;
  TokenSource* Find(absl::string_view stream_id) override;
  void OnPlatformDate(absl::Time platform_time) override;

  // Reads all secrets again, without waiting for a change of their files to be noticed.
  void ReadSecretsAgain();

 private:
  explicit CredentialSet(base::EventLoop& loop) : loop_(loop) {}

  CachingTokenSource* Lookup(absl::string_view stream_id) const;

  base::EventLoop& loop_;
  ClockDifference clock_difference_;  // One platform, one clock: the credentials share it.
  std::vector<std::unique_ptr<CachingTokenSource>> sources_;
  absl::flat_hash_map<std::string, CachingTokenSource*> by_stream_id_;
  CachingTokenSource* for_the_rest_ = nullptr;  // The one with `*`, if any.
};

}  // namespace runcast::auth

#endif  // RUNCAST_GATEWAY_AUTH_CREDENTIAL_SET_H_
