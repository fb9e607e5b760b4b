// RSA keys for tests, and the reading of what was made with them.

#ifndef RUNCAST_TESTS_UNIT_AUTH_TEST_KEYS_H_
#define RUNCAST_TESTS_UNIT_AUTH_TEST_KEYS_H_

#include <string>

#include "gateway/auth/jansson.h"
#include "gateway/auth/signing_key.h"

namespace runcast::auth {

// A fresh RSA key; PEM of its private part.
std::string NewRsaPem(int bits);
// One key of 2048 bits, the same in the whole program.
const std::string& RsaPem();
// Another one.
const std::string& OtherRsaPem();
// A fresh key on an elliptic curve.
std::string NewEcPem();
// RSA of 2048 bits behind the passphrase `open sesame`.
std::string ProtectedRsaPem();

// The private key of RFC 7515, appendix A.2, in PEM.
std::string Rfc7515RsaPem();

// The JWK of a key as the platform shows it: without the private members.
std::string PublicJwkText(const std::string& pem, const std::string& key_id);

// Whether `signature` fits `message`, judged by OpenSSL. `secret` is the HMAC secret or the PEM.
bool SignatureFits(SigningAlgorithm algorithm, const std::string& secret,
                   const std::string& message, const std::string& signature);

// A compact JWS, taken apart.
struct ReadToken {
  std::string header;  // JSON text.
  JsonPtr claims;
  std::string signed_part;
  std::string signature;

  std::string Text(const char* claim) const;  // Empty when absent.
  long long Number(const char* claim) const;  // -1 when absent.
};
ReadToken Read(const std::string& token);

// What a compact JWE holds; empty when the private key does not open it. OpenSSL decrypts the
// content's key (libjose 11 cannot do RSA-OAEP with OpenSSL 3), libjose the content.
std::string DecryptJwe(const std::string& compact, const std::string& pem);

}  // namespace runcast::auth

#endif  // RUNCAST_TESTS_UNIT_AUTH_TEST_KEYS_H_
