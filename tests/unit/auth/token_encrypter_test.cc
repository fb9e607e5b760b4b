#include "gateway/auth/token_encrypter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "tests/unit/auth/test_keys.h"

namespace runcast::auth {
namespace {

using ::testing::HasSubstr;

constexpr char kToken[] = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UifQ.c2lnbmF0dXJl";

absl::StatusOr<TokenEncrypter> MakeEncrypter(const std::string& jwk,
                                             const TokenEncrypter::Options& options = {}) {
  return TokenEncrypter::Make(base::SecretString(jwk), options);
}

std::string Encrypted(const TokenEncrypter::Options& options) {
  const TokenEncrypter encrypter = MakeEncrypter(PublicJwkText(RsaPem(), "key-1"), options).value();
  return encrypter.Encrypt(base::SecretString(kToken)).value().Reveal();
}

JsonPtr Header(const std::string& compact) {
  const std::vector<std::string> parts = absl::StrSplit(compact, '.');
  std::string header;
  if (!absl::WebSafeBase64Unescape(parts[0], &header)) return nullptr;
  return JsonPtr(json_loads(header.c_str(), 0, nullptr));
}

std::string HeaderText(const std::string& compact, const char* name) {
  const JsonPtr header = Header(compact);
  const char* text = json_string_value(json_object_get(header.get(), name));
  return text == nullptr ? "" : text;
}

class RoundTripTest : public testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(RoundTripTest, ThePlatformReadsTheTokenBack) {
  const auto [algorithm, encryption] = GetParam();

  const std::string compact =
      Encrypted({.algorithm = algorithm, .encryption = encryption, .content_type = false});

  EXPECT_EQ(DecryptJwe(compact, RsaPem()), kToken);
  EXPECT_EQ(HeaderText(compact, "alg"), algorithm);
  EXPECT_EQ(HeaderText(compact, "enc"), encryption);
}

INSTANTIATE_TEST_SUITE_P(All, RoundTripTest,
                         testing::Combine(testing::Values("RSA-OAEP", "RSA1_5"),
                                          testing::Values("A128CBC-HS256", "A128GCM", "A256GCM")));

TEST(TokenEncrypterTest, TheHeaderNamesTheKeyAndTheType) {
  const std::string compact = Encrypted({});

  EXPECT_EQ(HeaderText(compact, "kid"), "key-1");
  EXPECT_EQ(HeaderText(compact, "typ"), "JWT");
  EXPECT_EQ(HeaderText(compact, "cty"), "");
}

TEST(TokenEncrypterTest, TheContentTypeIsSaidOnRequest) {
  EXPECT_EQ(HeaderText(
                Encrypted({.algorithm = "RSA-OAEP", .encryption = "A256GCM", .content_type = true}),
                "cty"),
            "JWT");
}

TEST(TokenEncrypterTest, TwoEncryptionsOfOneTokenDiffer) {
  EXPECT_NE(Encrypted({}), Encrypted({}));
}

TEST(TokenEncrypterTest, FurtherMembersOfTheJwkDoNotMatter) {
  const JsonPtr jwk(json_loads(PublicJwkText(RsaPem(), "key-1").c_str(), 0, nullptr));
  json_object_set_new(jwk.get(), "use", json_string("sig"));
  json_object_set_new(jwk.get(), "key_ops", json_pack("[s]", "verify"));
  json_object_set_new(jwk.get(), "alg", json_string("RS256"));

  const absl::StatusOr<TokenEncrypter> encrypter = MakeEncrypter(CompactJson(jwk.get()));

  ASSERT_TRUE(encrypter.ok()) << encrypter.status();
  const std::string compact = encrypter->Encrypt(base::SecretString(kToken)).value().Reveal();
  EXPECT_EQ(DecryptJwe(compact, RsaPem()), kToken);
}

struct BadJwk {
  const char* name;
  std::string text;
  const char* complaint;
};

class BadJwkTest : public testing::TestWithParam<BadJwk> {};

TEST_P(BadJwkTest, IsRefusedWithTheReason) {
  const absl::Status refusal = MakeEncrypter(GetParam().text).status();

  EXPECT_TRUE(absl::IsInvalidArgument(refusal)) << refusal;
  EXPECT_THAT(std::string(refusal.message()), HasSubstr(GetParam().complaint));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadJwkTest,
    testing::Values(
        BadJwk{"NoJson", "not json", "no JSON object"},
        BadJwk{"HalfWritten", R"({"kty":"RSA","n":"abc)", "no JSON object"},
        BadJwk{"List", "[]", "no JSON object"},
        BadJwk{"OtherKind", R"({"kty":"EC","kid":"a"})", "RSA"},
        BadJwk{"NoKeyId", R"({"kty":"RSA","n":"AQAB","e":"AQAB"})", "kid"},
        BadJwk{"NoExponent", R"({"kty":"RSA","n":"AQAB","kid":"a"})", "readable"},
        BadJwk{"ShortModulus", R"({"kty":"RSA","n":"gAAB","e":"AQAB","kid":"a"})", "24 bits"},
        BadJwk{"NoModulus", R"({"kty":"RSA","e":"AQAB","kid":"a"})", "readable"},
        BadJwk{"ModulusIsNoBase64", R"({"kty":"RSA","n":"!!!","e":"AQAB","kid":"a"})", "readable"},
        BadJwk{"TwoModuli", R"({"kty":"RSA","n":"AQAB","n":"AQAB","e":"AQAB","kid":"a"})",
               "no JSON object"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(TokenEncrypterTest, UnknownAlgorithmsAreRefused) {
  const std::string jwk = PublicJwkText(RsaPem(), "key-1");

  EXPECT_TRUE(absl::IsInvalidArgument(
      MakeEncrypter(jwk,
                    {.algorithm = "RSA-OAEP-256", .encryption = "A256GCM", .content_type = false})
          .status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      MakeEncrypter(jwk, {.algorithm = "RSA-OAEP", .encryption = "none", .content_type = false})
          .status()));
}

}  // namespace
}  // namespace runcast::auth
