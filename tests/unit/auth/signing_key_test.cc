#include "gateway/auth/signing_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "tests/unit/auth/test_keys.h"

namespace runcast::auth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The payload of RFC 7515, appendices A.1 and A.2.
constexpr char kRfcPayload[] =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";

std::string SignedBase64(SigningAlgorithm algorithm, const std::string& secret,
                         const std::string& message) {
  const absl::StatusOr<SigningKey> key = SigningKey::Make(algorithm, base::SecretString(secret));
  if (!key.ok()) return key.status().ToString();
  const absl::StatusOr<std::string> signature = key->Sign(message);
  return signature.ok() ? absl::WebSafeBase64Escape(*signature) : signature.status().ToString();
}

TEST(SigningKeyTest, Hs256IsThatOfRfc7515AppendixA1) {
  std::string secret;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
      &secret));

  EXPECT_EQ(SignedBase64(SigningAlgorithm::kHs256, secret,
                         std::string("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.") + kRfcPayload),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

TEST(SigningKeyTest, Rs256IsThatOfRfc7515AppendixA2) {
  EXPECT_EQ(SignedBase64(SigningAlgorithm::kRs256, Rfc7515RsaPem(),
                         std::string("eyJhbGciOiJSUzI1NiJ9.") + kRfcPayload),
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF"
            "5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK"
            "5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqt"
            "FZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"
            "p0igcN_IoypGlUPQGe77Rw");
}

TEST(SigningKeyTest, HmacTakesSecretsOfAnyLengthAsTheyAre) {
  for (const auto algorithm : {SigningAlgorithm::kHs256, SigningAlgorithm::kHs512}) {
    for (const size_t length : {1, 20, 44, 200}) {
      const std::string secret(length, 's');
      const absl::StatusOr<SigningKey> key =
          SigningKey::Make(algorithm, base::SecretString(secret));
      ASSERT_TRUE(key.ok()) << key.status();

      EXPECT_TRUE(SignatureFits(algorithm, secret, "message", key->Sign("message").value()));
    }
  }
}

TEST(SigningKeyTest, RsaSignaturesAreVerifiedByThePublicKey) {
  for (const auto algorithm : {SigningAlgorithm::kRs256, SigningAlgorithm::kRs512}) {
    const absl::StatusOr<SigningKey> key =
        SigningKey::Make(algorithm, base::SecretString(RsaPem()));
    ASSERT_TRUE(key.ok()) << key.status();
    const std::string signature = key->Sign("message").value();

    EXPECT_TRUE(SignatureFits(algorithm, RsaPem(), "message", signature));
    EXPECT_FALSE(SignatureFits(algorithm, RsaPem(), "another message", signature));
    EXPECT_FALSE(SignatureFits(algorithm, OtherRsaPem(), "message", signature));
  }
}

TEST(SigningKeyTest, ALargeRsaKeyFits) {
  const absl::StatusOr<SigningKey> key =
      SigningKey::Make(SigningAlgorithm::kRs512, base::SecretString(NewRsaPem(3072)));
  ASSERT_TRUE(key.ok()) << key.status();

  EXPECT_EQ(key->Sign("message").value().size(), 384u);
}

absl::Status Refusal(SigningAlgorithm algorithm, const std::string& secret) {
  return SigningKey::Make(algorithm, base::SecretString(secret)).status();
}

TEST(SigningKeyTest, AnEmptySecretIsRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(Refusal(SigningAlgorithm::kHs256, "")));
  EXPECT_TRUE(absl::IsInvalidArgument(Refusal(SigningAlgorithm::kRs256, "")));
}

TEST(SigningKeyTest, AShortRsaKeyIsRefusedWithItsLength) {
  const absl::Status refusal = Refusal(SigningAlgorithm::kRs256, NewRsaPem(1024));

  EXPECT_TRUE(absl::IsInvalidArgument(refusal));
  EXPECT_THAT(std::string(refusal.message()), HasSubstr("1024 bits"));
}

TEST(SigningKeyTest, AKeyOfAnotherKindIsRefused) {
  EXPECT_THAT(std::string(Refusal(SigningAlgorithm::kRs256, NewEcPem()).message()),
              HasSubstr("not an RSA key"));
}

TEST(SigningKeyTest, AProtectedKeyIsRefusedWithoutAskingForAPassphrase) {
  EXPECT_TRUE(absl::IsInvalidArgument(Refusal(SigningAlgorithm::kRs256, ProtectedRsaPem())));
}

TEST(SigningKeyTest, HalfAPemIsRefusedAndNotShown) {
  const std::string half = RsaPem().substr(0, RsaPem().size() / 2);
  const absl::Status refusal = Refusal(SigningAlgorithm::kRs256, half);

  EXPECT_TRUE(absl::IsInvalidArgument(refusal));
  EXPECT_THAT(refusal.ToString(), Not(HasSubstr(half.substr(40, 20))));
}

TEST(SigningKeyTest, AnHmacSecretIsNoRsaKey) {
  const absl::Status refusal = Refusal(SigningAlgorithm::kRs512, "SomeClientSecretText");

  EXPECT_TRUE(absl::IsInvalidArgument(refusal));
  EXPECT_THAT(refusal.ToString(), Not(HasSubstr("SomeClientSecretText")));
}

}  // namespace
}  // namespace runcast::auth
