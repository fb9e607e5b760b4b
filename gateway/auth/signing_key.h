// A key that signs tokens.

#ifndef RUNCAST_GATEWAY_AUTH_SIGNING_KEY_H_
#define RUNCAST_GATEWAY_AUTH_SIGNING_KEY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/base/secret_string.h"

struct evp_pkey_st;

namespace runcast::auth {

// RFC 7518, section 3.1. The platform takes these four.
enum class SigningAlgorithm { kHs256, kHs512, kRs256, kRs512 };

// As in the header `alg`, such as `HS256`.
const char* SigningAlgorithmName(SigningAlgorithm algorithm);

// Whether both sides share the key.
bool IsSymmetric(SigningAlgorithm algorithm);

// OpenSSL signs, because libjose refuses secrets as short as the platform's (44 characters,
// where RFC 7518 asks for 64 with HS512).
//
// Threads: any; signing changes nothing. Copies share the key.
// Errors: messages never hold any part of the secret.
class SigningKey {
 public:
  // `secret` is the text of the Client Secret, whose bytes are the key as they are, or an RSA
  // private key of at least 2048 bits in PEM without passphrase.
  static absl::StatusOr<SigningKey> Make(SigningAlgorithm algorithm,
                                         const base::SecretString& secret);

  SigningAlgorithm algorithm() const { return algorithm_; }

  // The raw signature of `message`.
  absl::StatusOr<std::string> Sign(absl::string_view message) const;

 private:
  SigningKey(SigningAlgorithm algorithm, std::shared_ptr<evp_pkey_st> key);

  SigningAlgorithm algorithm_;
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace runcast::auth

#endif  // RUNCAST_GATEWAY_AUTH_SIGNING_KEY_H_
