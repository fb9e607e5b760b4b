// Keeps one signed token and renews it shortly before it expires.

#ifndef RUNCAST_GATEWAY_AUTH_CACHING_TOKEN_SOURCE_H_
#define RUNCAST_GATEWAY_AUTH_CACHING_TOKEN_SOURCE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/auth/clock_difference.h"
#include "gateway/auth/credential_options.h"
#include "gateway/auth/secret_source.h"
#include "gateway/auth/signing_key.h"
#include "gateway/auth/token_encrypter.h"
#include "gateway/auth/token_source.h"
#include "gateway/base/clock.h"
#include "gateway/base/event_loop.h"
#include "gateway/telemetry/metrics.h"

namespace runcast::auth {

// Every request needs a token, and signing costs CPU (with RSA, milliseconds), so requests share
// one. With `use_jti` the platform refuses a token it has seen, so each request gets its own.
// Claims and rules: upstream reference, section 3.
//
// Times are the platform's, as far as `clock_difference` knows them.
//
// Threads: poll loop only.
// Lifetime: `loop`, `clock_difference` and `metrics` (may be null) outlive this object.
// Errors: a failed renewal is returned only once the token in hand has expired.
class CachingTokenSource final : public TokenSource {
 public:
  // How long after a change of the secret a refusal may still be meant for a token of the secret
  // before: the longest a poll takes by default.
  static constexpr absl::Duration kRefusalsInFlight = absl::Seconds(10);

  // How often refusals read the secret again and cost the token in hand. Runs that are refused for
  // their own sake (a stream id of another account) must not make every other run's token new; one
  // signing and one read of a file a second are nothing.
  static constexpr absl::Duration kBetweenRereads = absl::Seconds(1);

  // Errors: INVALID_ARGUMENT for options that contradict each other, FAILED_PRECONDITION for a
  // missing or bad secret; the message begins with the credential's name.
  static absl::StatusOr<std::unique_ptr<CachingTokenSource>> Make(
      base::EventLoop& loop, const CredentialOptions& options,
      const ClockDifference& clock_difference, telemetry::Metrics* metrics);

  const std::string& credential_name() const override { return options_.name; }
  absl::StatusOr<base::SecretString> GetToken() override;
  bool single_use() const override { return options_.use_jti; }
  bool OnRefused() override;

  // Reads secret and key again, and makes the next token new.
  void ReadSecretsAgain() { Reread(); }

 private:
  struct CachedToken {
    base::SecretString token;
    absl::Time made_at;
    absl::Time renew_at;
    absl::Time expires_at;
  };

  CachingTokenSource(base::EventLoop& loop, const CredentialOptions& options,
                     const ClockDifference& clock_difference, telemetry::Metrics* metrics);

  absl::Status ReadSecrets();
  absl::Status UseSecret(const base::SecretString& text, SecretSource::Occasion occasion);
  absl::Status UseJwk(const base::SecretString& text);
  absl::StatusOr<CachedToken> NewToken(absl::Time now) const;
  // Keeps the token, null for none.
  void Cache(std::optional<CachedToken> token);
  // Drops the token; true when another secret or key is in use now.
  bool Reread();

  base::EventLoop& loop_;
  const CredentialOptions options_;
  const ClockDifference& clock_difference_;
  telemetry::Metrics* const metrics_;
  telemetry::CredentialMetrics* const own_metrics_;  // Null as above.

  std::optional<SigningKey> key_;
  size_t secret_bytes_ = 0;
  std::optional<TokenEncrypter> encrypter_;  // Nothing when tokens go as they are.
  std::unique_ptr<SecretSource> secret_;
  std::unique_ptr<SecretSource> jwk_;

  std::optional<CachedToken> cached_;
  std::optional<base::MonotonicTime> reread_at_;  // For the last refusal that led to it.
};

}  // namespace runcast::auth

#endif  // RUNCAST_GATEWAY_AUTH_CACHING_TOKEN_SOURCE_H_
