// How the gateway proves itself to the platform, judged by a platform that checks every token.
// Source: upstream reference, section 3; the contract, "Errors"; secrets that change.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/component/simulator/test_token.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/error_details.h"
#include "tests/e2e/quick_polling.h"
#include "tests/fakes/temp_directory.h"

namespace runcast::e2e {
namespace {

using grpc::StatusCode;
using nlohmann::ordered_json;

constexpr char kSecret[] = "first-secret-of-the-length-the-platform-has.";
constexpr char kNewSecret[] = "other-secret-of-the-length-the-platform-has.";

class CredentialsTest : public testing::Test {
 protected:
  // An app of the platform that owns the stream id `st-NAME`, and a credential for it.
  void AddApp(const std::string& name, ordered_json app = ordered_json::object(),
              ordered_json credential = ordered_json::object()) {
    app.emplace("client_id", absl::StrCat("cs-", name));
    if (!app.contains("public_key")) app.emplace("secret", kSecret);
    app["streams"] = {absl::StrCat("st-", name)};
    app["any_suite"] = true;
    apps_.push_back(std::move(app));
    credential.emplace("name", name);
    credential.emplace("client_id", absl::StrCat("cs-", name));
    if (!credential.contains("secret_file")) {
      credential["secret_file"] = files_.Write(absl::StrCat("secret-", name), kSecret);
    }
    credential["stream_ids"] = {absl::StrCat("st-", name)};
    credentials_.push_back(std::move(credential));
  }
  void Start(const ordered_json& config = ordered_json::object(),
             const std::vector<std::string>& simulator_flags = {}) {
    ordered_json all = config;
    all["credentials"] = credentials_;
    Deployment::Options options = QuickPolling(all);
    options.simulator_flags.insert(options.simulator_flags.end(), simulator_flags.begin(),
                                   simulator_flags.end());
    deployment_ = std::make_unique<Deployment>(std::move(options));
    caller_ = std::make_unique<Caller>(deployment_->grpc_address());
    // The app of the deployment, for any stream id, would hide a wrong credential.
    deployment_->simulator().Control("DELETE", "/apps/cs-e2e");
    for (const ordered_json& app : apps_) {
      deployment_->simulator().Control("POST", "/apps", app);
    }
  }
  v1::RunReference StartRun(const std::string& name) {
    const std::string run_id = absl::StrCat("tr-", name);
    deployment_->StartRun({{"stream", absl::StrCat("st-", name)},
                           {"run_id", run_id},
                           {"ran", 10},
                           {"duration_ms", 600'000}});
    return deployment_->Reference(run_id, absl::StrCat("st-", name));
  }
  ordered_json RequestsFor(const std::string& name) {
    return deployment_->simulator().Requests(absl::StrCat("run=tr-", name));
  }
  bool WaitForRequests(const std::string& name, size_t count) {
    return simulator_test::SimulatorProcess::Eventually(
        [&] { return RequestsFor(name).size() >= count; }, 40);
  }

  const fakes::TempDirectory files_;
  std::vector<ordered_json> apps_;
  std::vector<ordered_json> credentials_;
  std::unique_ptr<Deployment> deployment_;
  std::unique_ptr<Caller> caller_;
};

TEST_F(CredentialsTest, EachCredentialServesItsOwnStreamIds) {
  AddApp("billing");
  AddApp("quality");
  Start();
  const v1::RunReference billing = StartRun("billing");
  const v1::RunReference quality = StartRun("quality");

  EXPECT_TRUE(caller_->GetStatus(billing).ok());
  EXPECT_TRUE(caller_->GetStatus(quality).ok());
  const grpc::Status other = caller_->GetStatus(deployment_->Reference("tr-1")).end.status;
  EXPECT_EQ(ReasonOf(other), "STREAM_NOT_SERVED");
  for (const std::string name : {"billing", "quality"}) {
    const ordered_json claims = RequestsFor(name).at(0).at("token").at("claims");
    EXPECT_EQ(claims.at("appId"), "cs-" + name);
    EXPECT_EQ(claims.at("iss"), "cs-" + name);
    EXPECT_LT(claims.at("iat").get<int64_t>(), absl::ToUnixSeconds(absl::Now()));
  }
}

TEST_F(CredentialsTest, WithoutJtiOneTokenServesAllRequests) {
  AddApp("billing");
  Start();
  const auto watch = caller_->Watch(StartRun("billing"));
  ASSERT_TRUE(WaitForRequests("billing", 5));

  EXPECT_EQ(deployment_->Counts().at("distinct_tokens"), 1);
  EXPECT_FALSE(RequestsFor("billing").at(0).at("token").at("claims").contains("jti"));
}

TEST_F(CredentialsTest, WithJtiEachRequestHasATokenOfItsOwn) {
  AddApp("billing", {{"enforce_jti", true}}, {{"use_jti", true}});
  Start();
  const auto watch = caller_->Watch(StartRun("billing"));
  ASSERT_TRUE(WaitForRequests("billing", 6));

  std::set<std::string> ids;
  const ordered_json requests = RequestsFor("billing");
  for (const ordered_json& request : requests) {
    EXPECT_EQ(request.at("status"), 200);
    ids.insert(request.at("token").at("claims").at("jti").get<std::string>());
  }
  EXPECT_EQ(ids.size(), requests.size());
  EXPECT_EQ(deployment_->Counts().at("token_replays"), 0);
}

TEST_F(CredentialsTest, WithJtiAClosedConnectionCostsNoReplay) {
  AddApp("billing", {{"enforce_jti", true}}, {{"use_jti", true}});
  Start();
  const auto watch = caller_->Watch(StartRun("billing"));
  ASSERT_TRUE(WaitForRequests("billing", 2));
  deployment_->simulator().Control("POST", "/faults", {{"kind", "drop_reused"}, {"count", 3}});
  ASSERT_TRUE(WaitForRequests("billing", 10));

  EXPECT_EQ(deployment_->Counts().at("token_replays"), 0);
  EXPECT_TRUE(watch->is_open());
}

struct Signing {
  const char* algorithm;
  bool is_rsa;
};
void PrintTo(const Signing& each, std::ostream* out) { *out << each.algorithm; }

class SigningTest : public CredentialsTest, public testing::WithParamInterface<Signing> {};

TEST_P(SigningTest, IsAcceptedByThePlatform) {
  ordered_json app = {{"alg", GetParam().algorithm}};
  ordered_json credential = {{"algorithm", GetParam().algorithm}};
  if (GetParam().is_rsa) {
    const simulator_test::RsaPair key = simulator_test::NewRsaPair();
    app["public_key"] = key.public_pem;
    credential["secret_file"] = files_.Write("key.pem", key.private_pem);
  }
  AddApp("billing", app, credential);
  Start();

  const StatusAnswer answer = caller_->GetStatus(StartRun("billing"));

  EXPECT_TRUE(answer.ok()) << answer.end.status.error_message();
  EXPECT_EQ(RequestsFor("billing").at(0).at("token").at("header").at("alg"), GetParam().algorithm);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, SigningTest,
                         testing::Values(Signing{"HS256", false}, Signing{"HS512", false},
                                         Signing{"RS256", true}, Signing{"RS512", true}),
                         [](const auto& signing) { return std::string(signing.param.algorithm); });

struct Encryption {
  const char* algorithm;
  const char* content;
};
void PrintTo(const Encryption& each, std::ostream* out) { *out << each.algorithm << each.content; }

class EncryptionTest : public CredentialsTest, public testing::WithParamInterface<Encryption> {};

TEST_P(EncryptionTest, IsAcceptedByThePlatform) {
  const std::string key_file = files_.Path("jwk.json");
  AddApp("billing",
         {{"enforce_jwe", true},
          {"enforce_jti", true},
          {"jwe_private_key", simulator_test::NewRsaPair().private_pem},
          {"jwe_kid", "key-1"}},
         {{"use_jti", true},
          {"jwe_key_file", key_file},
          {"jwe_algorithm", GetParam().algorithm},
          {"jwe_encryption", GetParam().content}});
  // The gateway wants the key at its start, so another console has to show it.
  simulator_test::SimulatorProcess console;
  const ordered_json app = console.Control("POST", "/apps", apps_.back());
  files_.Write("jwk.json", app.at("jwe_public_jwk").dump());
  Start();
  const auto watch = caller_->Watch(StartRun("billing"));
  ASSERT_TRUE(WaitForRequests("billing", 3));

  for (const ordered_json& request : RequestsFor("billing")) {
    EXPECT_EQ(request.at("status"), 200) << request.dump();
  }
  EXPECT_EQ(deployment_->Counts().at("token_replays"), 0);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, EncryptionTest,
                         testing::Values(Encryption{"RSA-OAEP", "A256GCM"},
                                         Encryption{"RSA-OAEP", "A128CBC-HS256"},
                                         Encryption{"RSA1_5", "A128GCM"}),
                         [](const auto& each) {
                           std::string name =
                               absl::StrCat(each.param.algorithm, "_", each.param.content);
                           std::replace_if(
                               name.begin(), name.end(), [](char c) { return c == '-'; }, '_');
                           return name;
                         });

TEST_F(CredentialsTest, ARotatedSecretIsTakenOverWithoutEndingAStream) {
  AddApp("billing");
  Start();
  const auto watch = caller_->Watch(StartRun("billing"));
  ASSERT_TRUE(watch->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());

  deployment_->simulator().Control("PATCH", "/apps/cs-billing", {{"secrets", {kNewSecret}}});
  const auto stale = watch->WaitForFreshness(v1::Freshness::STATE_STALE);
  ASSERT_TRUE(stale.has_value());
  EXPECT_EQ(stale->reason(), "UPSTREAM_CREDENTIALS");
  const size_t seen = watch->messages().size();
  const absl::Time written = absl::Now();
  files_.Replace("secret-billing", kNewSecret);
  ASSERT_TRUE(watch->WaitForFreshness(v1::Freshness::STATE_FRESH, seen).has_value());

  EXPECT_LE(absl::Now() - written, absl::Seconds(10));
  EXPECT_TRUE(watch->is_open());
}

TEST_F(CredentialsTest, ASecretThatWasReplacedBeforeTheRefusalIsReadAtOnce) {
  AddApp("billing");
  Start(kUnhurried);
  const auto watch = caller_->Watch(StartRun("billing"));
  ASSERT_TRUE(watch->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());

  files_.Replace("secret-billing", kNewSecret);
  deployment_->simulator().Control("PATCH", "/apps/cs-billing", {{"secrets", {kNewSecret}}});
  const size_t before = RequestsFor("billing").size();
  ASSERT_TRUE(WaitForRequests("billing", before + 4));

  EXPECT_EQ(watch->messages().size(), 1u) << "nobody noticed";
}

TEST_F(CredentialsTest, AWrongSecretCountsAsADownPlatformUntilItIsMended) {
  AddApp("billing", {{"secret", kNewSecret}});
  Start();
  const v1::RunReference run = StartRun("billing");
  const auto watch = caller_->Watch(run);
  v1::GetStatusRequest request;
  *request.mutable_run() = run;

  const StatusAnswer refused = caller_->GetStatus(request);
  files_.Write("secret-billing", kNewSecret);
  const StatusAnswer mended =
      caller_->GetStatusUntil(request, [](const StatusAnswer& each) { return each.ok(); });

  EXPECT_EQ(refused.end.status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(refused.end.status), "UPSTREAM_CREDENTIALS");
  EXPECT_TRUE(mended.ok());
  EXPECT_TRUE(watch->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());
}

class ClockTest : public CredentialsTest, public testing::WithParamInterface<int> {};

TEST_P(ClockTest, ThatDiffersFromThePlatformsIsAllowedFor) {
  AddApp("billing");
  Start(ordered_json::object(), {"--clock-offset-ms", absl::StrCat(GetParam())});
  const v1::RunReference run = StartRun("billing");
  const auto watch = caller_->Watch(run);

  EXPECT_TRUE(watch->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());
  EXPECT_EQ(RequestsFor("billing").at(0).at("status"), 401) << "so there was something to heal";
  EXPECT_TRUE(caller_->GetStatus(run).ok());
}

INSTANTIATE_TEST_SUITE_P(Offsets, ClockTest, testing::Values(-600'000, 600'000),
                         [](const auto& offset) { return offset.param < 0 ? "Behind" : "Ahead"; });

}  // namespace
}  // namespace runcast::e2e
