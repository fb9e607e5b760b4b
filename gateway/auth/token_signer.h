// Writes and signs a token: a JWT in its compact form (RFC 7519, RFC 7515).

#ifndef RUNCAST_GATEWAY_AUTH_TOKEN_SIGNER_H_
#define RUNCAST_GATEWAY_AUTH_TOKEN_SIGNER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/auth/signing_key.h"
#include "gateway/base/secret_string.h"

namespace runcast::auth {

// What a token says. Names and types on the wire: upstream reference, section 3.1.
struct TokenClaims {
  std::string client_id;  // `appId` and `iss`.
  std::string subject;    // `sub`.
  std::string audience;   // `aud`; empty: left out.
  std::string token_id;   // `jti`; empty: left out.
  absl::Time issued_at;   // `iat`, whole seconds, cut.
  absl::Time expires_at;  // `exp`, whole seconds, cut.
};

// Pure but for the randomness inside some signatures. Threads: any.
// Errors: INVALID_ARGUMENT when a claim is not UTF-8.
absl::StatusOr<base::SecretString> SignToken(const SigningKey& key, const TokenClaims& claims);

}  // namespace runcast::auth

#endif  // RUNCAST_GATEWAY_AUTH_TOKEN_SIGNER_H_
