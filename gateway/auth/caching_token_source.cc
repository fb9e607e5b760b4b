#include "gateway/auth/caching_token_source.h"

#include <openssl/rand.h>

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gateway/auth/token_signer.h"

namespace runcast::auth {
namespace {

// Upstream reference, section 3.3.
constexpr absl::Duration kMaxLifetimeWithTokenId = absl::Hours(1);

// 128 random bits; empty when the system has no randomness.
std::string NewTokenId() {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) return "";
  return absl::WebSafeBase64Escape(
      absl::string_view(reinterpret_cast<const char*>(bytes), sizeof(bytes)));
}

absl::Status Check(const CredentialOptions& options) {
  if (options.client_id.empty()) return absl::InvalidArgumentError("the client id is empty");
  if (options.lifetime <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("the lifetime must be above zero");
  }
  if (options.renewal_slack < absl::ZeroDuration() || options.renewal_slack >= options.lifetime) {
    return absl::InvalidArgumentError("the renewal slack must be shorter than the lifetime");
  }
  if (options.backdate < absl::ZeroDuration()) {
    return absl::InvalidArgumentError("tokens cannot be dated ahead");
  }
  if (options.use_jti &&
      (options.lifetime > kMaxLifetimeWithTokenId || options.backdate >= kMaxLifetimeWithTokenId)) {
    return absl::InvalidArgumentError("with a `jti` a token may live 1h at most");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<CachingTokenSource>> CachingTokenSource::Make(
    base::EventLoop& loop, const CredentialOptions& options,
    const ClockDifference& clock_difference, telemetry::Metrics* metrics) {
  if (const absl::Status checked = Check(options); !checked.ok()) {
    return absl::Status(checked.code(),
                        absl::StrCat("credential `", options.name, "`: ", checked.message()));
  }
  auto source = absl::WrapUnique(new CachingTokenSource(loop, options, clock_difference, metrics));
  if (absl::Status read = source->ReadSecrets(); !read.ok()) return read;
  return source;
}

CachingTokenSource::CachingTokenSource(base::EventLoop& loop, const CredentialOptions& options,
                                       const ClockDifference& clock_difference,
                                       telemetry::Metrics* metrics)
    : loop_(loop),
      options_(options),
      clock_difference_(clock_difference),
      metrics_(metrics),
      own_metrics_(metrics == nullptr ? nullptr : &metrics->AddCredential(options.name)) {}

absl::Status CachingTokenSource::ReadSecrets() {
  absl::StatusOr<std::unique_ptr<SecretSource>> secret = SecretSource::Make(
      loop_, absl::StrCat("credential `", options_.name, "`: secret"), options_.secret,
      [this](const base::SecretString& text, SecretSource::Occasion occasion) {
        return UseSecret(text, occasion);
      },
      metrics_);
  if (!secret.ok()) return secret.status();
  secret_ = *std::move(secret);
  if (options_.jwe_key_file.empty()) return absl::OkStatus();

  absl::StatusOr<std::unique_ptr<SecretSource>> jwk = SecretSource::Make(
      loop_, absl::StrCat("credential `", options_.name, "`: JWE key"),
      SecretLocation{.file = options_.jwe_key_file, .environment = ""},
      [this](const base::SecretString& text, SecretSource::Occasion) { return UseJwk(text); },
      metrics_);
  if (!jwk.ok()) return jwk.status();
  jwk_ = *std::move(jwk);
  return absl::OkStatus();
}

absl::Status CachingTokenSource::UseSecret(const base::SecretString& text,
                                           SecretSource::Occasion occasion) {
  const size_t bytes = text.Reveal().size();
  // Any text is an HMAC key, also half a secret. All secrets of the platform have about the same
  // length; a much shorter one has to wait until the one in use is refused.
  if (occasion == SecretSource::Occasion::kChanged && IsSymmetric(options_.algorithm) &&
      bytes < secret_bytes_ - secret_bytes_ / 4) {
    return absl::InvalidArgumentError(
        "is much shorter than the secret in use, as if half written; it is taken once the "
        "platform refuses the one in use");
  }
  absl::StatusOr<SigningKey> key = SigningKey::Make(options_.algorithm, text);
  if (!key.ok()) return key.status();
  key_ = *std::move(key);
  secret_bytes_ = bytes;
  Cache(std::nullopt);
  return absl::OkStatus();
}

absl::Status CachingTokenSource::UseJwk(const base::SecretString& text) {
  absl::StatusOr<TokenEncrypter> encrypter = TokenEncrypter::Make(text, options_.jwe);
  if (!encrypter.ok()) return encrypter.status();
  encrypter_ = *std::move(encrypter);
  Cache(std::nullopt);
  return absl::OkStatus();
}

absl::StatusOr<base::SecretString> CachingTokenSource::GetToken() {
  const base::Clock& clock = loop_.clock();
  const absl::Time now = clock_difference_.PlatformTime(clock.Now(), clock.WallNow());
  // A token made in what is now the future was dated by a clock that has since been corrected.
  const bool is_fresh = cached_.has_value() && now < cached_->renew_at &&
                        now >= cached_->made_at - ClockDifference::kTolerance;
  if (is_fresh) return cached_->token;

  absl::StatusOr<CachedToken> made = NewToken(now);
  if (!made.ok()) {
    if (cached_.has_value() && now < cached_->expires_at) return cached_->token;
    return made.status();
  }
  if (metrics_ != nullptr) metrics_->tokens_signed.Add();
  if (options_.use_jti) return std::move(made->token);
  Cache(*std::move(made));
  return cached_->token;
}

absl::StatusOr<CachingTokenSource::CachedToken> CachingTokenSource::NewToken(absl::Time now) const {
  TokenClaims claims;
  claims.client_id = options_.client_id;
  claims.subject = options_.subject;
  claims.audience = options_.audience;
  claims.issued_at = now - options_.backdate;
  claims.expires_at = now + options_.lifetime;
  if (options_.use_jti) {
    claims.token_id = NewTokenId();
    if (claims.token_id.empty()) return absl::InternalError("OpenSSL has no random numbers");
    // The platform counts the hour from `iat`, the backdated one.
    claims.expires_at = std::min(claims.expires_at, claims.issued_at + kMaxLifetimeWithTokenId);
  }
  absl::StatusOr<base::SecretString> token = SignToken(*key_, claims);
  if (token.ok() && encrypter_.has_value()) token = encrypter_->Encrypt(*token);
  if (!token.ok()) return token.status();
  return CachedToken{.token = *std::move(token),
                     .made_at = now,
                     .renew_at = now + options_.lifetime - options_.renewal_slack,
                     .expires_at = claims.expires_at};
}

void CachingTokenSource::Cache(std::optional<CachedToken> token) {
  cached_ = std::move(token);
  if (own_metrics_ == nullptr) return;
  double expires_at = 0;
  if (cached_.has_value()) {
    // The token's times are of the platform's clock.
    const absl::Time wall = loop_.clock().WallNow();
    const absl::Duration ahead = clock_difference_.PlatformTime(loop_.clock().Now(), wall) - wall;
    expires_at = absl::ToDoubleSeconds(cached_->expires_at - ahead - absl::UnixEpoch());
  }
  own_metrics_->token_expires_at.Set(expires_at);
}

bool CachingTokenSource::Reread() {
  Cache(std::nullopt);
  const bool secret_changed = secret_->Reread();
  const bool jwk_changed = jwk_ != nullptr && jwk_->Reread();
  return secret_changed || jwk_changed;
}

bool CachingTokenSource::OnRefused() {
  const base::MonotonicTime now = loop_.clock().Now();
  if (!reread_at_ || now - *reread_at_ >= kBetweenRereads) {
    reread_at_ = now;
    if (Reread()) return true;
  }
  const auto changed_lately = [now](const SecretSource& source) {
    // At start there was no secret before.
    return source.was_replaced() && now - source.accepted_at() < kRefusalsInFlight;
  };
  return changed_lately(*secret_) || (jwk_ != nullptr && changed_lately(*jwk_));
}

}  // namespace runcast::auth
