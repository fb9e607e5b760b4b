#include "gateway/auth/token_signer.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/auth/test_keys.h"

namespace runcast::auth {
namespace {

constexpr char kSecret[] = "0123456789012345678901234567890123456789abc=";

TokenClaims SomeClaims() {
  TokenClaims claims;
  claims.client_id = "cs-1";
  claims.subject = "runcast";
  claims.issued_at = absl::FromUnixSeconds(1893553435) + absl::Milliseconds(999);
  claims.expires_at = absl::FromUnixSeconds(1893553745);
  return claims;
}

ReadToken SignedAndRead(const TokenClaims& claims,
                        SigningAlgorithm algorithm = SigningAlgorithm::kHs256) {
  const SigningKey key = SigningKey::Make(algorithm, base::SecretString(kSecret)).value();
  return Read(SignToken(key, claims).value().Reveal());
}

TEST(TokenSignerTest, CarriesTheClaimsOfThePlatformsReference) {
  const ReadToken token = SignedAndRead(SomeClaims());

  EXPECT_EQ(token.header, R"({"alg":"HS256","typ":"JWT"})");
  EXPECT_EQ(CompactJson(token.claims.get()),
            R"({"appId":"cs-1","iss":"cs-1","sub":"runcast","iat":1893553435,"exp":1893553745})");
}

TEST(TokenSignerTest, AudienceAndTokenIdAreThereWhenGiven) {
  TokenClaims claims = SomeClaims();
  claims.audience = "https://idproxy.kore.ai/authorize";
  claims.token_id = "abc";

  const ReadToken token = SignedAndRead(claims);

  EXPECT_EQ(token.Text("aud"), "https://idproxy.kore.ai/authorize");
  EXPECT_EQ(token.Text("jti"), "abc");
}

TEST(TokenSignerTest, TheSignatureFitsTheSecretText) {
  for (const auto algorithm : {SigningAlgorithm::kHs256, SigningAlgorithm::kHs512}) {
    const ReadToken token = SignedAndRead(SomeClaims(), algorithm);

    EXPECT_TRUE(SignatureFits(algorithm, kSecret, token.signed_part, token.signature));
  }
}

TEST(TokenSignerTest, RsaTokensSayTheirAlgorithmAndVerify) {
  const SigningKey key =
      SigningKey::Make(SigningAlgorithm::kRs512, base::SecretString(RsaPem())).value();

  const ReadToken token = Read(SignToken(key, SomeClaims()).value().Reveal());

  EXPECT_EQ(token.header, R"({"alg":"RS512","typ":"JWT"})");
  EXPECT_TRUE(
      SignatureFits(SigningAlgorithm::kRs512, RsaPem(), token.signed_part, token.signature));
}

TEST(TokenSignerTest, TheThreePartsAreBase64UrlWithoutPadding) {
  const SigningKey key =
      SigningKey::Make(SigningAlgorithm::kHs512, base::SecretString(kSecret)).value();

  const std::string token = SignToken(key, SomeClaims()).value().Reveal();

  EXPECT_EQ(
      token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."),
      std::string::npos);
}

TEST(TokenSignerTest, QuotesInAClaimStayInsideIt) {
  TokenClaims claims = SomeClaims();
  claims.subject = R"(a","admin":"yes)";

  const ReadToken token = SignedAndRead(claims);

  EXPECT_EQ(token.Text("sub"), claims.subject);
  EXPECT_EQ(token.Text("admin"), "");
}

TEST(TokenSignerTest, AClaimThatIsNotUtf8IsRefused) {
  TokenClaims claims = SomeClaims();
  claims.subject = "\xff\xfe";
  const SigningKey key =
      SigningKey::Make(SigningAlgorithm::kHs256, base::SecretString(kSecret)).value();

  EXPECT_TRUE(absl::IsInvalidArgument(SignToken(key, claims).status()));
}

}  // namespace
}  // namespace runcast::auth
