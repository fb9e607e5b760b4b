#include "gateway/auth/token_signer.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gateway/auth/jansson.h"

namespace runcast::auth {
namespace {

// Abseil's "web safe" base64 is base64url without padding, as RFC 7515 wants it.
std::string Base64Url(absl::string_view bytes) { return absl::WebSafeBase64Escape(bytes); }

JsonPtr ClaimsJson(const TokenClaims& claims) {
  // Null when a text is not UTF-8, with `s*` also meaning "leave out when null".
  return JsonPtr(json_pack("{s:s, s:s, s:s, s:I, s:I, s:s*, s:s*}", "appId",
                           claims.client_id.c_str(), "iss", claims.client_id.c_str(), "sub",
                           claims.subject.c_str(), "iat",
                           json_int_t{absl::ToUnixSeconds(claims.issued_at)}, "exp",
                           json_int_t{absl::ToUnixSeconds(claims.expires_at)}, "aud",
                           claims.audience.empty() ? nullptr : claims.audience.c_str(), "jti",
                           claims.token_id.empty() ? nullptr : claims.token_id.c_str()));
}

}  // namespace

absl::StatusOr<base::SecretString> SignToken(const SigningKey& key, const TokenClaims& claims) {
  const JsonPtr payload = ClaimsJson(claims);
  if (payload == nullptr) return absl::InvalidArgumentError("a claim of the token is not UTF-8");
  const std::string header =
      absl::StrCat(R"({"alg":")", SigningAlgorithmName(key.algorithm()), R"(","typ":"JWT"})");

  std::string token = absl::StrCat(Base64Url(header), ".", Base64Url(CompactJson(payload.get())));
  const absl::StatusOr<std::string> signature = key.Sign(token);
  if (!signature.ok()) return signature.status();
  absl::StrAppend(&token, ".", Base64Url(*signature));
  return base::SecretString(std::move(token));
}

}  // namespace runcast::auth
