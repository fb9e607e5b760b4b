// What the log says when the platform refuses, fails and recovers: somebody who knows nothing else
// must find the cause there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/quick_polling.h"

namespace runcast::e2e {
namespace {

using nlohmann::ordered_json;
using testing::HasSubstr;
using testing::Not;

constexpr absl::Duration kLimit = absl::Seconds(40);
constexpr char kWrongSecret[] = "wrong-secret-of-the-length-the-platform-has.";

class TroubleEventsTest : public testing::Test {
 protected:
  void Start(const ordered_json& config = nullptr) {
    deployment_ = std::make_unique<Deployment>(QuickPolling(config));
    caller_ = std::make_unique<Caller>(deployment_->grpc_address());
  }
  ordered_json WaitForEvent(const std::string& event) {
    const std::string wanted = absl::StrCat("\"event\":\"", event, "\"");
    const std::optional<std::string> line = deployment_->gateway().WaitForLine(
        [&](const std::string& text) { return absl::StrContains(text, wanted); }, kLimit);
    EXPECT_TRUE(line.has_value()) << "no " << event << " in\n" << deployment_->gateway().Output();
    return line.has_value() ? ordered_json::parse(*line) : ordered_json::object();
  }

  std::unique_ptr<Deployment> deployment_;
  std::unique_ptr<Caller> caller_;
  fakes::TempDirectory files_;
};

TEST_F(TroubleEventsTest, AWrongSecretIsNamedWithThePlatformsWords) {
  Start({{"credentials",
          {{{"name", "quality-team"},
            {"client_id", "cs-e2e"},
            {"secret_file", files_.Write("secret", kWrongSecret)},
            {"stream_ids", {"*"}}}}}});
  const std::string run_id = deployment_->StartRun({{"ran", 10}, {"duration_ms", 600'000}});
  const auto watch = caller_->Watch(deployment_->Reference(run_id));

  const ordered_json event = WaitForEvent("credentials.refused");
  ASSERT_TRUE(event.contains("credential"));
  EXPECT_EQ(event.at("severity"), "WARNING");
  EXPECT_EQ(event.at("credential"), "quality-team");
  EXPECT_EQ(event.at("run"), run_id);
  EXPECT_THAT(event.at("answer").get<std::string>(), HasSubstr("HTTP 401: "));
  EXPECT_THAT(event.at("answer").get<std::string>(), HasSubstr("nvalid"));
  EXPECT_THAT(event.at("message").get<std::string>(), HasSubstr("secret"));
  EXPECT_THAT(deployment_->gateway().Output(), Not(HasSubstr(kWrongSecret)));
  // The clocks are one, but `Date` has whole seconds and an answer takes time.
  EXPECT_LE(std::abs(event.value("clock_difference_seconds", 99)), 5);
}

TEST_F(TroubleEventsTest, ARefusalForAWrongClockTellsHowWrongItIs) {
  Start();
  deployment_->simulator().Control("PUT", "/settings", {{"clock_offset_ms", 3'600'000}});
  const std::string run_id = deployment_->StartRun({{"ran", 10}, {"duration_ms", 600'000}});
  const auto watch = caller_->Watch(deployment_->Reference(run_id));

  const ordered_json event = WaitForEvent("credentials.refused");
  EXPECT_THAT(event.value("clock_difference_seconds", 0),
              testing::AllOf(testing::Ge(3595), testing::Le(3605)));
}

TEST_F(TroubleEventsTest, AFieldThatCannotBeReadIsNamed) {
  Start();
  const std::string run_id = deployment_->StartRun(
      {{"ran", 10}, {"duration_ms", 600'000}, {"patch", {{"percentage", "a quarter"}}}});
  ASSERT_TRUE(caller_->GetStatus(deployment_->Reference(run_id)).ok());

  const ordered_json event = WaitForEvent("platform.field_unreadable");
  EXPECT_EQ(event.value("severity", ""), "WARNING");
  EXPECT_EQ(event.value("run", ""), run_id);
  EXPECT_EQ(event.value("fields", ""), "percentage");
  EXPECT_THAT(deployment_->gateway().Output(), Not(HasSubstr("a quarter")));
}

TEST_F(TroubleEventsTest, AWrongPathPrefixIsSuspectedAtTheFirst404) {
  Start({{"upstream", {{"path_prefix", "/api/wrong"}}}});
  const std::string run_id = deployment_->StartRun({{"ran", 10}, {"duration_ms", 600'000}});
  const StatusAnswer answer = caller_->GetStatus(deployment_->Reference(run_id));

  EXPECT_THAT(answer.end.status.error_message(), HasSubstr("a wrong path"));
  const ordered_json event = WaitForEvent("platform.path_unknown");
  ASSERT_TRUE(event.contains("message"));
  EXPECT_THAT(event.at("message").get<std::string>(), HasSubstr("upstream.path_prefix"));
}

TEST_F(TroubleEventsTest, AFailingPlatformIsToldOnceAndItsRecoveryToo) {
  Start();
  const std::string run_id = deployment_->StartRun({{"ran", 10}, {"duration_ms", 600'000}});
  const auto watch = caller_->Watch(deployment_->Reference(run_id));
  ASSERT_TRUE(watch->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());

  deployment_->simulator().Control("POST", "/faults",
                                   {{"kind", "http"}, {"status", 503}, {"count", 5}});
  const ordered_json failing = WaitForEvent("platform.failing");
  const ordered_json recovered = WaitForEvent("platform.recovered");

  ASSERT_TRUE(failing.contains("answer") && recovered.contains("failures"));
  EXPECT_THAT(failing.at("answer").get<std::string>(), HasSubstr("HTTP 503"));
  EXPECT_EQ(recovered.at("after"), "platform.failing");
  EXPECT_EQ(recovered.at("failures"), 5);
  const std::string output = deployment_->gateway().Output();
  EXPECT_EQ(output.find("platform.failing\"", output.find("\"event\":\"platform.failing\"") + 30),
            output.find("platform.failing\"", output.find("platform.recovered")));
}

}  // namespace
}  // namespace runcast::e2e
