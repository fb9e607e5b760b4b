// A compact JWS (RFC 7515) taken apart, and the check of its signature. Pure.

#ifndef RUNCAST_TESTS_SIMULATOR_SIGNED_TOKEN_H_
#define RUNCAST_TESTS_SIMULATOR_SIGNED_TOKEN_H_

#include <optional>
#include <string>
#include <string_view>

#include "tests/simulator/json.h"
#include "tests/simulator/key.h"

namespace runcast::simulator {

struct SignedToken {
  Json header;
  Json claims;
  std::string signing_input;
  std::string signature;

  std::string Algorithm() const;
};

// Nothing when it is not three base64url parts with JSON objects in the first two.
std::optional<SignedToken> ParseSignedToken(std::string_view compact);

// HS256 and HS512 over the bytes of the secret text as shown; never base64-decoded.
bool HasValidHmac(const SignedToken& token, std::string_view secret);

// RS256 and RS512.
bool HasValidRsaSignature(const SignedToken& token, const Key& public_key);

std::string Sha256(std::string_view bytes);

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_SIGNED_TOKEN_H_
