// Tokens for the simulated platform, right by default and wrong on request. Signed with OpenSSL,
// encrypted with libjose: the simulator opens them with code of its own.

#ifndef RUNCAST_TESTS_COMPONENT_SIMULATOR_TEST_TOKEN_H_
#define RUNCAST_TESTS_COMPONENT_SIMULATOR_TEST_TOKEN_H_

#include <nlohmann/json.hpp>
#include <string>

namespace runcast::simulator_test {

inline constexpr char kClientId[] = "cs-test";
inline constexpr char kSecret[] = "QmF0Y2ggdGVzdHMgbmVlZCBhIHNlY3JldCB0ZXh0IQ==";

int64_t NowSeconds();

// appId, iss, sub, iat = now − 5, exp = now + 300.
nlohmann::json GoodClaims();

// HS256 or HS512.
std::string SignHmac(const nlohmann::json& claims, const std::string& secret = kSecret,
                     const std::string& algorithm = "HS256");

struct RsaPair {
  std::string private_pem;
  std::string public_pem;
};
RsaPair NewRsaPair();

// RS256 or RS512.
std::string SignRsa(const nlohmann::json& claims, const std::string& private_pem,
                    const std::string& algorithm);

// Compact JWE for a public JWK.
std::string Encrypt(const std::string& plain, const nlohmann::json& public_jwk,
                    const std::string& alg, const std::string& enc);

// "auth: TOKEN"
std::string AuthHeader(const std::string& token);
// With a good token.
std::string AuthHeader();

}  // namespace runcast::simulator_test

#endif  // RUNCAST_TESTS_COMPONENT_SIMULATOR_TEST_TOKEN_H_
