// What the platform says to tokens, good and bad.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/component/simulator/simulator_process.h"
#include "tests/component/simulator/test_token.h"

namespace runcast::simulator_test {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kReplay[] = "error verifying the jwt: possibly a replay";
constexpr char kJtiLife[] =
    "error verifying the jwt: if \"jti\" claim \"exp\" must be <= 1 hour(s)";
constexpr char kExpired[] = "error verifying the jwt: jwt expired";
constexpr char kCredentials[] = "Invalid SDK credentials";
constexpr char kNoToken[] = "Invalid JWT token";

class TokenTest : public testing::Test {
 protected:
  TokenTest() {
    simulator_.Control("POST", "/runs",
                       {{"stream", "st-1"}, {"suite", "smoke"}, {"run_id", "tr-1"}});
  }
  void PutApp(Json members = Json::object()) {
    Json app = {{"client_id", kClientId}, {"secret", kSecret}, {"streams", {"st-1"}}};
    app.merge_patch(members);
    simulator_.Control("POST", "/apps", app);
  }
  Exchange AskWith(const std::string& token) {
    return client_.Do("GET", simulator_.StatusUrl("tr-1"), {AuthHeader(token)});
  }
  void ExpectRefused(const Exchange& answer, int code, const std::string& msg) {
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.ErrorCode(), code);
    EXPECT_EQ(answer.ErrorMessage(), msg);
  }

  SimulatorProcess simulator_;
  HttpClient client_;
};

TEST_F(TokenTest, AGoodTokenIsTaken) {
  PutApp();

  EXPECT_EQ(AskWith(SignHmac(GoodClaims())).status, 200);
}

TEST_F(TokenTest, NoTokenAndAWrongSignatureAreWrongCredentials) {
  PutApp();

  ExpectRefused(client_.Do("GET", simulator_.StatusUrl("tr-1")), 4002, kCredentials);
  ExpectRefused(AskWith(SignHmac(GoodClaims(), "another secret")), 4002, kCredentials);
}

TEST_F(TokenTest, WhatIsNoJwtIsCalledThat) {
  PutApp();

  ExpectRefused(AskWith("nonsense"), 4002, kNoToken);
  ExpectRefused(AskWith("a.b.c"), 4002, kNoToken);
  ExpectRefused(AskWith("Bearer " + SignHmac(GoodClaims())), 4002, kNoToken);
}

TEST_F(TokenTest, AnAlgorithmTheAppDoesNotHaveIsRefused) {
  PutApp();

  ExpectRefused(AskWith(SignHmac(GoodClaims(), kSecret, "HS512")), 4002, kCredentials);
}

TEST_F(TokenTest, TheClientIdMustBeInAppIdAndIss) {
  PutApp();
  for (const char* claim : {"appId", "iss"}) {
    nlohmann::json claims = GoodClaims();
    claims[claim] = "cs-other";
    ExpectRefused(AskWith(SignHmac(claims)), 4002, kCredentials);
    claims.erase(claim);
    ExpectRefused(AskWith(SignHmac(claims)), 4002, kCredentials);
  }
}

TEST_F(TokenTest, AnAppOfAnotherStreamHasWrongCredentials) {
  PutApp({{"streams", {"st-other"}}});

  ExpectRefused(AskWith(SignHmac(GoodClaims())), 4002, kCredentials);
}

TEST_F(TokenTest, AMissingScopeIsSaid) {
  PutApp({{"scopes", {"management"}}});

  ExpectRefused(AskWith(SignHmac(GoodClaims())), 4002, "Permission denied. Scope is incorrect!");
}

TEST_F(TokenTest, AnExpiredTokenIsRefusedBeyondTheToleratedSkew) {
  PutApp();
  simulator_.Control("PUT", "/settings", {{"skew_tolerance_ms", 60'000}});
  nlohmann::json claims = GoodClaims();
  claims["exp"] = NowSeconds() - 30;
  EXPECT_EQ(AskWith(SignHmac(claims)).status, 200);

  simulator_.Control("PUT", "/settings", {{"skew_tolerance_ms", 0}});
  ExpectRefused(AskWith(SignHmac(claims)), 401, kExpired);
}

TEST_F(TokenTest, ThePlatformsClockDecidesAndShowsInItsDate) {
  PutApp();
  const std::string token = SignHmac(GoodClaims());
  const std::string before = AskWith(token).headers.at("date");

  simulator_.Control("PUT", "/settings", {{"clock_offset_ms", 86'400'000}});

  ExpectRefused(AskWith(token), 401, kExpired);
  EXPECT_NE(AskWith(token).headers.at("date").substr(0, 16), before.substr(0, 16));

  simulator_.Control("PUT", "/settings", {{"clock_offset_ms", -86'400'000}});
  ExpectRefused(AskWith(token), 401, "error verifying the jwt: jwt not active");
}

TEST_F(TokenTest, MillisecondsAreNoSeconds) {
  PutApp();
  nlohmann::json claims = GoodClaims();
  claims["iat"] = NowSeconds() * 1'000;

  EXPECT_EQ(AskWith(SignHmac(claims)).status, 401);
}

TEST_F(TokenTest, TheFormerSecretIsTakenUntilItIsRemoved) {
  PutApp();
  simulator_.Control("PATCH", std::string("/apps/") + kClientId,
                     {{"secrets", {"the new secret", kSecret}}});
  EXPECT_EQ(AskWith(SignHmac(GoodClaims())).status, 200);
  EXPECT_EQ(AskWith(SignHmac(GoodClaims(), "the new secret")).status, 200);

  simulator_.Control("PATCH", std::string("/apps/") + kClientId, {{"secret", "the new secret"}});

  ExpectRefused(AskWith(SignHmac(GoodClaims())), 4002, kCredentials);
  EXPECT_EQ(AskWith(SignHmac(GoodClaims(), "the new secret")).status, 200);
}

TEST_F(TokenTest, AJtiIsTakenOnceWhetherEnforcedOrNot) {
  PutApp();
  nlohmann::json claims = GoodClaims();
  claims["jti"] = "once";

  EXPECT_EQ(AskWith(SignHmac(claims)).status, 200);
  ExpectRefused(AskWith(SignHmac(claims)), 401, kReplay);

  EXPECT_EQ(simulator_.Control("GET", "/stats")["token_replays"], 1);
  EXPECT_EQ(simulator_.Control("GET", "/stats")["distinct_tokens"], 1);
}

TEST_F(TokenTest, AnEnforcedJtiMustBeThere) {
  PutApp({{"enforce_jti", true}});

  EXPECT_EQ(AskWith(SignHmac(GoodClaims())).status, 401);
}

TEST_F(TokenTest, ATokenWithJtiLivesAtMostAnHour) {
  PutApp();
  nlohmann::json claims = GoodClaims();
  claims["jti"] = "long";
  claims["exp"] = claims["iat"].get<int64_t>() + 3'601;
  ExpectRefused(AskWith(SignHmac(claims)), 401, kJtiLife);

  claims["jti"] = "hour";
  claims["exp"] = claims["iat"].get<int64_t>() + 3'600;
  EXPECT_EQ(AskWith(SignHmac(claims)).status, 200);

  claims["jti"] = "no exp";
  claims.erase("exp");
  ExpectRefused(AskWith(SignHmac(claims)), 401, kJtiLife);
}

TEST_F(TokenTest, Hs512IsTakenWhenTheAppHasIt) {
  PutApp({{"alg", "HS512"}});

  EXPECT_EQ(AskWith(SignHmac(GoodClaims(), kSecret, "HS512")).status, 200);
  ExpectRefused(AskWith(SignHmac(GoodClaims())), 4002, kCredentials);
}

TEST_F(TokenTest, RsaSignaturesAreCheckedWithThePublicKey) {
  const RsaPair pair = NewRsaPair();
  simulator_.Control("POST", "/apps",
                     {{"client_id", kClientId},
                      {"public_key", pair.public_pem},
                      {"algs", {"RS256", "RS512"}},
                      {"streams", {"st-1"}}});

  EXPECT_EQ(AskWith(SignRsa(GoodClaims(), pair.private_pem, "RS256")).status, 200);
  EXPECT_EQ(AskWith(SignRsa(GoodClaims(), pair.private_pem, "RS512")).status, 200);
  ExpectRefused(AskWith(SignRsa(GoodClaims(), NewRsaPair().private_pem, "RS256")), 4002,
                kCredentials);
  // The classic confusion: the public key as an HMAC secret.
  ExpectRefused(AskWith(SignHmac(GoodClaims(), pair.public_pem)), 4002, kCredentials);
}

TEST_F(TokenTest, EveryDocumentedEncryptionIsOpened) {
  PutApp({{"enforce_jwe", true}, {"jwe_private_key", "generate"}, {"jwe_kid", "key-1"}});
  const nlohmann::json jwk =
      simulator_.Control("GET", std::string("/apps/") + kClientId).at("jwe_public_jwk");

  for (const char* alg : {"RSA-OAEP", "RSA1_5"}) {
    for (const char* enc : {"A128CBC-HS256", "A128GCM", "A256GCM"}) {
      const std::string token = Encrypt(SignHmac(GoodClaims()), jwk, alg, enc);
      const Exchange answer = AskWith(token);
      EXPECT_EQ(answer.status, 200) << alg << " " << enc << " " << answer.body;
    }
  }
}

TEST_F(TokenTest, AnEnforcedEncryptionRefusesPlainAndDamagedTokens) {
  PutApp({{"enforce_jwe", true}, {"jwe_private_key", "generate"}, {"jwe_kid", "key-1"}});
  nlohmann::json jwk =
      simulator_.Control("GET", std::string("/apps/") + kClientId).at("jwe_public_jwk");
  ExpectRefused(AskWith(SignHmac(GoodClaims())), 4002, kNoToken);

  std::string damaged = Encrypt(SignHmac(GoodClaims()), jwk, "RSA-OAEP", "A256GCM");
  const size_t last = damaged.size() - 3;
  damaged[last] = damaged[last] == 'A' ? 'B' : 'A';
  ExpectRefused(AskWith(damaged), 4002, kNoToken);

  jwk["kid"] = "key-of-somebody-else";
  ExpectRefused(AskWith(Encrypt(SignHmac(GoodClaims()), jwk, "RSA-OAEP", "A256GCM")), 4002,
                kNoToken);
  ExpectRefused(
      AskWith(Encrypt("no jwt inside",
                      {{"kty", "RSA"}, {"kid", "key-1"}, {"n", jwk["n"]}, {"e", jwk["e"]}},
                      "RSA-OAEP", "A128GCM")),
      4002, kNoToken);
}

TEST_F(TokenTest, TheLogKeepsClaimsAndHashAndNoToken) {
  PutApp();
  const std::string token = SignHmac(GoodClaims());
  AskWith(token);

  const Json entry = simulator_.Requests("run=tr-1").at(0);

  EXPECT_EQ(entry["token"]["claims"]["appId"], kClientId);
  EXPECT_EQ(entry["token"]["header"]["alg"], "HS256");
  EXPECT_EQ(entry["token"]["sha256"].get<std::string>().size(), 64u);
  EXPECT_EQ(simulator_.Control("GET", "/requests").dump().find(token), std::string::npos);
}

}  // namespace
}  // namespace runcast::simulator_test
