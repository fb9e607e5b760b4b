// Installations of the platform differ in path and words; the configuration says how.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/quick_polling.h"

namespace runcast::e2e {
namespace {

using nlohmann::ordered_json;

constexpr char kSuiteInPath[] = "Smoke%20tests%20%2F%20t%C3%A4glich";

// The path of the newest request about a run, as the platform received it.
std::string PathOf(Deployment& deployment, const std::string& run_id) {
  return deployment.simulator()
      .Requests(absl::StrCat("run=", run_id, "&newest=1&limit=1"))
      .at(0)
      .at("path");
}

TEST(SpellingsTest, TheDefaultsAreTheDocumentedOnes) {
  Deployment deployment(QuickPolling());
  Caller caller(deployment.grpc_address());
  const std::string run_id = deployment.StartRun({{"ran", 10}, {"duration_ms", 600'000}});

  ASSERT_TRUE(caller.GetStatus(deployment.Reference(run_id)).ok());

  EXPECT_EQ(PathOf(deployment, run_id), absl::StrCat("/api/public/stream/st-e2e/testsuite/",
                                                     kSuiteInPath, "/", run_id, "/status"));
}

TEST(SpellingsTest, PathPrefixResourceAndWordsAreTheConfigured) {
  Deployment deployment(
      QuickPolling({{"upstream",
                     {{"path_prefix", "/api/1.1/public"},
                      {"resource_spelling", "BOT"},
                      {"state_words", {{{"word", "wound up"}, {"meaning", "CANCELLED"}}}}}}}));
  Caller caller(deployment.grpc_address());
  const std::string run_id =
      deployment.StartRun({{"duration_ms", 1}, {"outcome", "Wound_Up"}, {"ran", 10}});

  const StatusAnswer running = caller.GetStatus(deployment.Reference(run_id));
  deployment.simulator().Control("PATCH", absl::StrCat("/runs/", run_id),
                                 {{"ran", nullptr}, {"finish_now", true}});
  const auto watch = caller.Watch(deployment.Reference(run_id));
  const auto end = watch->WaitForEnd();

  ASSERT_TRUE(running.ok()) << running.end.status.error_message();
  EXPECT_EQ(PathOf(deployment, run_id), absl::StrCat("/api/1.1/public/bot/st-e2e/testsuite/",
                                                     kSuiteInPath, "/", run_id, "/status"));
  ASSERT_TRUE(end.has_value()) << "the word is not taken for an end";
  EXPECT_TRUE(end->status.ok()) << end->status.error_message();
  const v1::RunStatus last = watch->messages().back().status();
  EXPECT_TRUE(last.terminal());
  EXPECT_EQ(last.state(), v1::RUN_STATE_CANCELLED);
  EXPECT_EQ(last.raw_state(), "Wound_Up");
}

}  // namespace
}  // namespace runcast::e2e
