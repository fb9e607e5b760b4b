// A compact JWE (RFC 7516) and its opening, done with OpenSSL alone: an implementation of its own
// on purpose, so that a fault of the gateway's JOSE library cannot hide. Pure.
//
// alg: RSA-OAEP (SHA-1), RSA1_5. enc: A128CBC-HS256, A128GCM, A256GCM.

#ifndef RUNCAST_TESTS_SIMULATOR_ENCRYPTED_TOKEN_H_
#define RUNCAST_TESTS_SIMULATOR_ENCRYPTED_TOKEN_H_

#include <optional>
#include <string>
#include <string_view>

#include "tests/simulator/json.h"
#include "tests/simulator/key.h"

namespace runcast::simulator {

struct EncryptedToken {
  Json header;
  std::string protected_text;  // first part as sent: the additional authenticated data
  std::string encrypted_key;
  std::string iv;
  std::string ciphertext;
  std::string tag;

  std::string Member(const char* name) const;
};

// Nothing when it is not five base64url parts with a JSON object in the first.
std::optional<EncryptedToken> ParseEncryptedToken(std::string_view compact);

// The plaintext; nothing for another algorithm, a wrong key or a wrong tag.
std::optional<std::string> OpenEncryptedToken(const EncryptedToken& token, const Key& private_key);

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_ENCRYPTED_TOKEN_H_
