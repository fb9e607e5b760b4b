// An RSA key, read from PEM or from a JWK. Shared by copies; immutable.

#ifndef RUNCAST_TESTS_SIMULATOR_KEY_H_
#define RUNCAST_TESTS_SIMULATOR_KEY_H_

#include <openssl/evp.h>

#include <memory>
#include <string>

#include "tests/simulator/json.h"

namespace runcast::simulator {

using Key = std::shared_ptr<EVP_PKEY>;

// Both throw std::invalid_argument with the reason when the text is no such key.
Key PublicKeyFromPem(const std::string& pem);
// PEM text, or a JWK object with n, e, d and, when there, p, q, dp, dq, qi.
Key PrivateKeyFrom(const Json& pem_or_jwk);

// {"kty":"RSA","n":…,"e":…,"kid":…}: what the platform's console shows.
Json PublicJwk(const Key& key, const std::string& kid);
std::string PublicPem(const Key& key);
std::string PrivatePem(const Key& key);

Key GenerateRsaKey(unsigned bits);

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_KEY_H_
