// What is wrong in the files and variables that a configuration names is told like its own faults:
// all at once, each with the field.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/component/rpc/test_certificates.h"
#include "tests/unit/auth/test_keys.h"
#include "tests/unit/config/loaded_config.h"

namespace runcast::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class ContentsTest : public LoadConfigTest {
 protected:
  std::string SecretMember(const std::string& text) const {
    return absl::StrCat(R"("secret_file": ")", WriteFile("secret", text), "\"");
  }
  std::string TlsMember(const std::string& chain, const std::string& key) const {
    return absl::StrCat(R"("server": {"tls_certificate_file": ")", WriteFile("tls.crt", chain),
                        R"(", "tls_key_file": ")", WriteFile("tls.key", key), "\"}");
  }
};

TEST_F(ContentsTest, AnEmptySecretFileIsAFault) {
  for (const char* text : {"", "\n", " \t\n"}) {
    EXPECT_THAT(Load(WithCredential(SecretMember(text))).faults,
                ElementsAre("gateway.json: credentials[0].secret_file: must lead to the Client "
                            "Secret; file `secret` is empty"));
  }
}

TEST_F(ContentsTest, ABlankSecretInAVariableIsAFault) {
  EXPECT_THAT(Load(WithCredential(R"("secret_env": "SECRET")"), {}, {{"SECRET", " \n"}}).faults,
              ElementsAre("gateway.json: credentials[0].secret_env: must lead to the Client "
                          "Secret; environment variable `SECRET` is empty"));
}

TEST_F(ContentsTest, WhatIsNoRsaKeyIsAFaultWhereOneIsNeeded) {
  for (const std::string& text :
       {std::string("not a key at all"), auth::NewEcPem(), auth::NewRsaPem(1024),
        auth::ProtectedRsaPem(), auth::RsaPem().substr(0, 800)}) {
    const LoadResult result =
        Load(WithCredential(SecretMember(text) + R"(, "algorithm": "RS256")"));

    ASSERT_THAT(result.faults,
                ElementsAre(StartsWith("gateway.json: credentials[0].secret_file: must lead to an "
                                       "RSA private key in PEM for RS256; what is there is ")));
    EXPECT_THAT(result.faults[0], Not(HasSubstr(text.substr(0, 12))));
  }
}

TEST_F(ContentsTest, AGoodRsaKeyIsNone) {
  const LoadResult result =
      Load(WithCredential(SecretMember(auth::RsaPem()) + R"(, "algorithm": "RS512")"));
  EXPECT_THAT(result.faults, IsEmpty());
}

TEST_F(ContentsTest, AKeyOfThePlatformThatIsNoJwkIsAFault) {
  const std::string file = WriteFile("jwk.json", R"({"kty": "EC"})");
  const LoadResult result = Load(
      WithCredential(absl::StrCat(SecretMember("s3cr3t"), R"(, "jwe_key_file": ")", file, "\"")));

  EXPECT_THAT(result.faults,
              ElementsAre("gateway.json: credentials[0].jwe_key_file: must name the platform's "
                          "public RSA key as a JWK; what is there is no JWK with \"kty\": "
                          "\"RSA\""));
}

TEST_F(ContentsTest, CertificatesAndKeysMustBeReadableAndBelongTogether) {
  const rpc::TestCertificate one("localhost", "DNS:localhost", nullptr);
  const rpc::TestCertificate two("localhost", "DNS:localhost", nullptr);

  EXPECT_THAT(Load(GoodFile(TlsMember(one.CertificatePem(), one.KeyPem()))).faults, IsEmpty());
  EXPECT_THAT(Load(GoodFile(TlsMember(one.CertificatePem(), two.KeyPem()))).faults,
              ElementsAre("gateway.json: server.tls_key_file: must name the PEM key of "
                          "server.tls_certificate_file; the key is not that of the certificate"));
  EXPECT_THAT(Load(GoodFile(TlsMember("", one.KeyPem()))).faults,
              ElementsAre("gateway.json: server.tls_certificate_file: must name a PEM file with "
                          "certificates; there is no certificate in it"));
  EXPECT_THAT(Load(GoodFile(TlsMember(one.CertificatePem().substr(0, 300), one.KeyPem()))).faults,
              ElementsAre("gateway.json: server.tls_certificate_file: must name a PEM file with "
                          "certificates; certificate 1 in it cannot be read"));
}

TEST_F(ContentsTest, AuthoritiesMustBeCertificates) {
  const std::string file = WriteFile("ca.pem", "this is no PEM");
  const LoadResult result =
      Load(absl::StrCat(R"({"upstream": {"base_url": "https://a", "ca_file": ")", file, "\"}, ",
                        CredentialsMember(), "}"));

  EXPECT_THAT(result.faults,
              ElementsAre("gateway.json: upstream.ca_file: must name a PEM file with certificates; "
                          "there is no certificate in it"));
}

TEST_F(ContentsTest, AnEmptyPasswordFileIsAFaultWhereSomebodyLogsIn) {
  const std::string file = WriteFile("password", "\n");
  const std::string member = absl::StrCat(R"("password_file": ")", file, "\"}");

  EXPECT_THAT(
      Load(GoodFile(R"("coordination": {"address": "localhost:6379", )" + member)).faults,
      ElementsAre("gateway.json: coordination.password_file: must name a file with the password; "
                  "file `password` is empty"));
  EXPECT_THAT(Load(GoodFile(R"("coordination": {)" + member)).faults, IsEmpty());
}

TEST_F(ContentsTest, AllFaultsOfAnAccessPolicyAreTold) {
  const std::string file = WriteFile("policy.json", R"({"nmae": "x", "allow_rules": 5})");
  const LoadResult result =
      Load(GoodFile(absl::StrCat(R"("access": {"policy_file": ")", file, "\"}")));

  ASSERT_GE(result.faults.size(), 2u);
  for (const std::string& fault : result.faults) {
    EXPECT_THAT(fault, StartsWith("gateway.json: access.policy_file: "));
  }
  EXPECT_THAT(result.faults, Contains(HasSubstr("nmae")));
  EXPECT_THAT(result.faults, Contains(HasSubstr("allow_rules")));
}

TEST_F(ContentsTest, FaultsOfFieldsAndOfFilesComeTogether) {
  WriteFile("secret", "");
  const LoadResult result =
      Load(GoodFile(R"("access": {"trusted_proxies": ["10.0.0.0/40", "x"]}, "log": {"level": 1})"),
           {"--upstream-path-prefix", "/api/%zz"});

  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(
      result.faults,
      testing::UnorderedElementsAre(
          HasSubstr("log.level: "), HasSubstr("credentials[0].secret_file: "),
          HasSubstr("access.trusted_proxies[0]: "), HasSubstr("access.trusted_proxies[1]: "),
          HasSubstr("access.trusted_proxies: needs access.trusted_header"),
          HasSubstr("--upstream-path-prefix: must have two hexadecimal digits")));
}

}  // namespace
}  // namespace runcast::config
