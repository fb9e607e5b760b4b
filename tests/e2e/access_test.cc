// TLS, who callers are, and what the policy lets them see, with the real programs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "tests/component/rpc/test_certificates.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/error_details.h"
#include "tests/e2e/quick_polling.h"
#include "tests/fakes/temp_directory.h"

namespace runcast::e2e {
namespace {

using grpc::StatusCode;
using nlohmann::ordered_json;
using rpc::TestCertificate;

constexpr char kBilling[] = "spiffe://example.org/ns/billing/sa/ci";
constexpr char kQuality[] = "spiffe://example.org/ns/quality/sa/ci";

// Billing sees st-billing with its links, everybody who proved who they are sees st-e2e.
ordered_json Policy() {
  return {{"name", "e2e"},
          {"allow_rules",
           {{{"name", "billing"},
             {"source", {{"principals", {kBilling}}}},
             {"runs", {{{"stream_ids", {"st-billing"}}}}},
             {"report_links", true}},
            {{"name", "all"},
             {"source", {{"principals", {"*"}}}},
             {"runs", {{{"stream_ids", {"st-e2e"}}}}}}}}};
}

ordered_json PolicyForNobody() {
  return {{"name", "closed"},
          {"allow_rules", {{{"name", "nobody"}, {"source", {{"principals", {"nobody"}}}}}}}};
}

class AccessTest : public testing::Test {
 protected:
  void Start(ordered_json config) {
    config["server"]["tls_certificate_file"] = files_.Write("server.pem", server_.CertificatePem());
    config["server"]["tls_key_file"] = files_.Write("server.key", server_.KeyPem());
    deployment_ = std::make_unique<Deployment>(QuickPolling(config));
    for (const char* stream : {"st-e2e", "st-billing"}) {
      deployment_->StartRun(
          {{"stream", stream}, {"run_id", RunIdOf(stream)}, {"ran", 10}, {"duration_ms", 600'000}});
    }
  }
  void StartWithPolicy() {
    Start(
        {{"server", {{"tls_client_ca_file", files_.Write("ca.pem", authority_.CertificatePem())}}},
         {"access",
          {{"require_identity", true},
           {"policy_file", files_.Write("policy.json", Policy().dump())}}}});
  }
  static std::string RunIdOf(const std::string& stream) { return "tr-of-" + stream; }
  v1::RunReference RunOf(const std::string& stream) const {
    return deployment_->Reference(RunIdOf(stream), stream);
  }
  std::unique_ptr<Caller> CallerWith(const TestCertificate* certificate) const {
    grpc::SslCredentialsOptions ssl;
    ssl.pem_root_certs = authority_.CertificatePem();
    if (certificate != nullptr) {
      ssl.pem_cert_chain = certificate->CertificatePem();
      ssl.pem_private_key = certificate->KeyPem();
    }
    return std::make_unique<Caller>(deployment_->grpc_address(), grpc::SslCredentials(ssl));
  }
  bool WaitForLog(const std::string& event) {
    return deployment_->gateway()
        .WaitForLine([&](const std::string& line) { return absl::StrContains(line, event); },
                     kWaitLimit)
        .has_value();
  }

  const fakes::TempDirectory files_;
  const TestCertificate authority_{"Test authority", "", nullptr};
  const TestCertificate server_{"server", "DNS:localhost,IP:127.0.0.1", &authority_};
  const TestCertificate billing_{"billing", std::string("URI:") + kBilling, &authority_};
  const TestCertificate quality_{"quality", std::string("URI:") + kQuality, &authority_};
  std::unique_ptr<Deployment> deployment_;
};

TEST_F(AccessTest, WithAServerCertificateCallersComeOverTlsOnly) {
  Start(ordered_json::object());
  const auto caller = CallerWith(nullptr);
  const auto watch = caller->Watch(RunOf("st-e2e"));
  Caller in_clear(deployment_->grpc_address());

  EXPECT_TRUE(watch->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());
  EXPECT_TRUE(caller->GetStatus(RunOf("st-e2e")).ok());
  EXPECT_EQ(in_clear.GetStatus(RunOf("st-e2e")).end.status.error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(AccessTest, WhoHasNoGoodCertificateDoesNotGetIn) {
  StartWithPolicy();
  const TestCertificate stranger("stranger", std::string("URI:") + kBilling, nullptr);

  for (const TestCertificate* certificate :
       std::initializer_list<const TestCertificate*>{nullptr, &stranger}) {
    EXPECT_EQ(CallerWith(certificate)->GetStatus(RunOf("st-e2e")).end.status.error_code(),
              StatusCode::UNAVAILABLE);
  }
  EXPECT_EQ(deployment_->Counts().at("requests"), 0);
}

TEST_F(AccessTest, EachPrincipalSeesItsRuns) {
  StartWithPolicy();
  const auto billing = CallerWith(&billing_);
  const auto quality = CallerWith(&quality_);

  EXPECT_TRUE(billing->GetStatus(RunOf("st-billing")).ok());
  EXPECT_TRUE(billing->GetStatus(RunOf("st-e2e")).ok());
  EXPECT_TRUE(quality->GetStatus(RunOf("st-e2e")).ok());
  const grpc::Status read = quality->GetStatus(RunOf("st-billing")).end.status;
  const auto watch = quality->Watch(RunOf("st-billing"))->WaitForEnd();
  ASSERT_TRUE(watch.has_value());
  for (const grpc::Status& status : {read, watch->status}) {
    EXPECT_EQ(status.error_code(), StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(ReasonOf(status), "ACCESS_DENIED");
    EXPECT_FALSE(RetryDelayOf(status).has_value());
  }
}

TEST_F(AccessTest, ReportLinksNeedAPermissionOfTheirOwn) {
  constexpr char kLink[] = "https://reports.example/a.csv?e=1893557106&s=QUJD$$";
  StartWithPolicy();
  for (const char* stream : {"st-billing", "st-e2e"}) {
    deployment_->simulator().Control("PATCH", "/runs/" + RunIdOf(stream),
                                     {{"ran", nullptr},
                                      {"finish_now", true},
                                      {"patch_terminal", {{"result", {{"fileUrl", kLink}}}}}});
  }
  const auto billing = CallerWith(&billing_);
  v1::GetStatusRequest request;
  request.set_include_report_link(true);

  *request.mutable_run() = RunOf("st-billing");
  EXPECT_EQ(billing->GetStatus(request).response.report_link(), kLink);
  *request.mutable_run() = RunOf("st-e2e");
  const StatusAnswer refused = billing->GetStatus(request);
  EXPECT_EQ(refused.end.status.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(refused.end.status), "ACCESS_DENIED");
  EXPECT_EQ(refused.response.report_link(), "");
}

TEST_F(AccessTest, ANewPolicyEndsTheStreamsItForbids) {
  StartWithPolicy();
  const auto caller = CallerWith(&billing_);
  const auto watch = caller->Watch(RunOf("st-billing"));
  ASSERT_TRUE(watch->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());

  files_.Replace("policy.json", PolicyForNobody().dump());
  const auto end = watch->WaitForEnd();

  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->status.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(end->status), "ACCESS_DENIED");
  EXPECT_EQ(caller->GetStatus(RunOf("st-billing")).end.status.error_code(),
            StatusCode::PERMISSION_DENIED);
}

TEST_F(AccessTest, ABrokenPolicyIsRefusedAndTheOldOneStays) {
  StartWithPolicy();
  const auto caller = CallerWith(&billing_);
  const auto watch = caller->Watch(RunOf("st-billing"));
  ASSERT_TRUE(watch->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());

  files_.Replace("policy.json", R"({"name": "half)");

  ASSERT_TRUE(WaitForLog("access_policy.refused"));
  EXPECT_TRUE(watch->is_open());
  EXPECT_TRUE(caller->GetStatus(RunOf("st-billing")).ok());
}

}  // namespace
}  // namespace runcast::e2e
