// Encrypts tokens for the platform: JWE in its compact form (RFC 7516).

#ifndef RUNCAST_GATEWAY_AUTH_TOKEN_ENCRYPTER_H_
#define RUNCAST_GATEWAY_AUTH_TOKEN_ENCRYPTER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "gateway/base/secret_string.h"

struct evp_pkey_st;
struct json_t;

namespace runcast::auth {

// The header is `alg`, `enc`, the key's `kid`, `typ` = `JWT` and, on request, `cty` = `JWT`;
// the content is the signed token (upstream reference, section 3.4).
//
// Libjose encrypts the content; OpenSSL encrypts the content's key, because libjose 11 cannot do
// RSA-OAEP with OpenSSL 3 and does not say why.
//
// Threads: one at a time. Copies share the key.
class TokenEncrypter {
 public:
  struct Options {
    // `RSA-OAEP` or `RSA1_5`.
    std::string algorithm = "RSA-OAEP";
    // `A128CBC-HS256`, `A128GCM` or `A256GCM`.
    std::string encryption = "A256GCM";
    // Whether the header says `"cty": "JWT"`.
    bool content_type = false;
  };

  // `jwk` is the platform's public key as shown in its console: a JSON object with `kty` RSA,
  // `n` of at least 2048 bits, `e` and `kid`; further members do not matter.
  static absl::StatusOr<TokenEncrypter> Make(const base::SecretString& jwk, const Options& options);

  absl::StatusOr<base::SecretString> Encrypt(const base::SecretString& token) const;

 private:
  TokenEncrypter(std::shared_ptr<evp_pkey_st> key, const Options& options,
                 std::shared_ptr<json_t> header);

  absl::StatusOr<std::string> EncryptContentKey(const base::SecretString& content_key) const;

  std::shared_ptr<evp_pkey_st> key_;
  Options options_;
  std::shared_ptr<json_t> header_;
};

}  // namespace runcast::auth

#endif  // RUNCAST_GATEWAY_AUTH_TOKEN_ENCRYPTER_H_
