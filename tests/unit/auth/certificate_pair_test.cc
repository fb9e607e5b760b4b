#include "gateway/auth/certificate_pair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/component/rpc/test_certificates.h"

namespace runcast::auth {
namespace {

using rpc::TestCertificate;
using testing::HasSubstr;

constexpr char kBrokenBlock[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

class CertificatePairTest : public testing::Test {
 protected:
  static absl::Status Check(const std::string& chain, const std::string& key) {
    return CheckCertificatePair(chain, key, absl::Now()).status();
  }

  const TestCertificate authority_{"authority", "", nullptr};
  const TestCertificate leaf_{"leaf", "DNS:localhost", &authority_};
};

TEST_F(CertificatePairTest, TellsOfTheLeaf) {
  const auto facts = CheckCertificatePair(leaf_.CertificatePem() + authority_.CertificatePem(),
                                          leaf_.KeyPem(), absl::Now());

  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->subject, "CN=leaf");
  EXPECT_FALSE(facts->serial.empty());
  EXPECT_GT(facts->not_after, absl::Now() + absl::Minutes(50));
  EXPECT_LT(facts->not_after, absl::Now() + absl::Minutes(70));
}

TEST_F(CertificatePairTest, WhatDoesNotBelongTogetherIsRefused) {
  EXPECT_THAT(std::string(Check(leaf_.CertificatePem(), authority_.KeyPem()).message()),
              HasSubstr("not that of the certificate"));
  EXPECT_THAT(
      std::string(
          Check(authority_.CertificatePem() + leaf_.CertificatePem(), leaf_.KeyPem()).message()),
      HasSubstr("not that of the certificate"))
      << "the leaf comes first";
}

TEST_F(CertificatePairTest, WhatCannotBeReadIsRefused) {
  for (const std::string& chain :
       {std::string(), leaf_.CertificatePem().substr(0, 100), std::string("garbage"),
        std::string(kBrokenBlock), leaf_.CertificatePem() + kBrokenBlock, leaf_.KeyPem()}) {
    EXPECT_THAT(std::string(Check(chain, leaf_.KeyPem()).message()),
                HasSubstr("the certificate cannot be read"))
        << chain;
  }
  for (const std::string& key :
       {std::string(), leaf_.KeyPem().substr(0, 100), std::string("garbage")}) {
    EXPECT_THAT(std::string(Check(leaf_.CertificatePem(), key).message()),
                HasSubstr("the private key cannot be read"))
        << key;
  }
}

TEST_F(CertificatePairTest, AnExpiredCertificateIsRefusedAndOneOfTheFutureIsNot) {
  EXPECT_THAT(std::string(CheckCertificatePair(leaf_.CertificatePem(), leaf_.KeyPem(),
                                               absl::Now() + absl::Hours(2))
                              .status()
                              .message()),
              HasSubstr("expired"));
  EXPECT_TRUE(
      CheckCertificatePair(leaf_.CertificatePem(), leaf_.KeyPem(), absl::Now() - absl::Hours(2))
          .ok());
}

TEST_F(CertificatePairTest, NoMessageHoldsAnyOfTheKey) {
  const std::string key = leaf_.KeyPem();
  const std::string middle = key.substr(key.find('\n') + 1, 20);
  for (const std::string& chain : {authority_.CertificatePem(), std::string("garbage"), key}) {
    EXPECT_THAT(std::string(Check(chain, key).message()), testing::Not(HasSubstr(middle)));
  }
}

TEST_F(CertificatePairTest, CertificatesAreAllReadable) {
  EXPECT_TRUE(CheckCertificates(authority_.CertificatePem() + leaf_.CertificatePem()).ok());
  EXPECT_FALSE(CheckCertificates("").ok());
  EXPECT_FALSE(CheckCertificates("garbage").ok());
  EXPECT_FALSE(CheckCertificates(authority_.CertificatePem() + kBrokenBlock).ok());
}

}  // namespace
}  // namespace runcast::auth
