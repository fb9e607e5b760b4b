// The bodies of the status call, as documented.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/component/simulator/simulator_process.h"
#include "tests/component/simulator/test_token.h"

namespace runcast::simulator_test {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

std::vector<std::string> Names(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

class RunStatusTest : public testing::Test {
 protected:
  // Starts a run whose moment does not depend on how fast this test runs.
  void Start(Json members) {
    members["run_id"] = "tr-1";
    members["stream"] = "st-1";
    members["suite"] = "smoke";
    simulator_.Control("POST", "/runs", members);
  }
  Exchange Ask() { return client_.Do("GET", simulator_.StatusUrl("tr-1"), {AuthHeader()}); }

  SimulatorProcess simulator_{{"--default-app", std::string(kClientId) + ":" + kSecret}};
  HttpClient client_;
};

TEST_F(RunStatusTest, ARunningRunHasTheMembersOfTheDocumentedSample) {
  Start({{"duration_ms", 4'000'000}, {"started_ago_ms", 1'000'000}});

  const Exchange answer = Ask();

  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.headers.at("content-type"), HasSubstr("application/json"));
  const Json body = answer.Json();
  EXPECT_THAT(Names(body),
              ElementsAre("_id", "streamId", "testSuiteId", "status", "utterance_count", "result",
                          "totalUtterances", "utterance_ran", "percentage"));
  EXPECT_THAT(Names(body["result"]), ElementsAre("_id", "isPartialFailure", "status", "testSuiteId",
                                                 "triggeredBy", "streamId", "botLanguage",
                                                 "runType", "utterance_count", "startTime", "__v"));
  EXPECT_EQ(body["status"], "running");
  EXPECT_EQ(body["totalUtterances"], 40);
  EXPECT_EQ(body["utterance_ran"], 10);
  EXPECT_EQ(body["percentage"], 25);
}

TEST_F(RunStatusTest, ACompletedRunHasTheMembersOfTheDocumentedSample) {
  Start({{"duration_ms", 1'000}, {"started_ago_ms", 2'000}});

  const Json body = Ask().Json();

  EXPECT_THAT(Names(body),
              ElementsAre("_id", "streamId", "testSuiteId", "status", "utterance_count", "result"));
  EXPECT_THAT(
      Names(body["result"]),
      ElementsAre("_id", "isPartialFailure", "status", "isAvailable", "testSuiteId", "triggeredBy",
                  "streamId", "botLanguage", "runType", "utterance_count", "startTime", "__v",
                  "endTime", "f1_score", "fileId", "precision", "recall", "results", "fileUrl"));
  EXPECT_THAT(
      Names(body["result"]["results"]),
      ElementsAre("TP", "TN", "FP", "FN", "success", "failure", "traitSuccess", "traitFailure",
                  "totalEntitiesCount", "matchedEntitiesCount", "totalTraitsCount",
                  "matchedTraitsCount", "failedUtteranceCount", "failedEntitiesCount"));
  EXPECT_EQ(body["result"]["f1_score"], "0.95");
  EXPECT_EQ(body["result"]["precision"], "0.97");
  EXPECT_EQ(body["result"]["recall"], "0.92");
  EXPECT_THAT(body["result"]["startTime"].get<std::string>(),
              MatchesRegex("20..-..-..T..:..:..\\....Z"));
}

TEST_F(RunStatusTest, TheReportLinkLooksSignedAndIsNewOnEachCall) {
  Start({{"duration_ms", 0}});

  const auto first = Ask().Json()["result"]["fileUrl"].get<std::string>();
  const auto second = Ask().Json()["result"]["fileUrl"].get<std::string>();

  EXPECT_THAT(first, HasSubstr("$$&clientfilename=smoke-"));
  EXPECT_THAT(first, HasSubstr(".csv?e="));
  EXPECT_NE(first, second);
}

TEST_F(RunStatusTest, AReportLinkToTheSimulatorItselfGivesTheFile) {
  simulator_.Control("PUT", "/settings", {{"file_url_base", ""}});
  Start({{"duration_ms", 0}});

  const Exchange file = client_.Do("GET", Ask().Json()["result"]["fileUrl"].get<std::string>());

  EXPECT_EQ(file.status, 200);
  EXPECT_EQ(file.headers.at("content-type"), "text/csv");
}

TEST_F(RunStatusTest, ACancelledRunHasAnEndAndNoReport) {
  Start({{"duration_ms", 0}, {"outcome", "Stopped by user"}});

  const Json body = Ask().Json();

  EXPECT_EQ(body["status"], "Stopped by user");
  EXPECT_TRUE(body["result"].contains("endTime"));
  EXPECT_FALSE(body["result"].contains("fileUrl"));
  EXPECT_FALSE(body["result"].contains("results"));
}

TEST_F(RunStatusTest, ResultsMayComeAfterTheWordCompleted) {
  Start({{"duration_ms", 1'000}, {"started_ago_ms", 5'000}, {"results_after_ms", 3'600'000}});

  const Json body = Ask().Json();

  EXPECT_EQ(body["status"], "completed");
  EXPECT_FALSE(body["result"].contains("results"));
}

TEST_F(RunStatusTest, WithoutProgressTheFieldsAreAbsent) {
  Start({{"progress", "none"}});

  const Json body = Ask().Json();

  EXPECT_FALSE(body.contains("percentage"));
  EXPECT_FALSE(body.contains("utterance_ran"));
  EXPECT_FALSE(body.contains("totalUtterances"));
}

TEST_F(RunStatusTest, APatchChangesTheBody) {
  Start({{"patch", {{"utterance_count", "40"}, {"result", {{"__v", nullptr}}}, {"extra", true}}},
         {"patch_terminal", {{"never", "seen"}}}});

  const Json body = Ask().Json();

  EXPECT_EQ(body["utterance_count"], "40");
  EXPECT_EQ(body["extra"], true);
  EXPECT_FALSE(body["result"].contains("__v"));
  EXPECT_FALSE(body.contains("never"));
}

TEST_F(RunStatusTest, ARawBodyIsSentVerbatim) {
  Start({{"raw_body", "{\"status\" :  17}"}, {"raw_content_type", "text/plain"}});

  const Exchange answer = Ask();

  EXPECT_EQ(answer.body, "{\"status\" :  17}");
  EXPECT_EQ(answer.headers.at("content-type"), "text/plain");
}

TEST_F(RunStatusTest, ANewRunIsNotFoundUntilItIsVisible) {
  Start({{"visible_after_ms", 3'600'000}});

  EXPECT_EQ(Ask().status, 400);
  EXPECT_EQ(Ask().ErrorMessage(), "Test Result not found.");

  simulator_.Control("PATCH", "/runs/tr-1", {{"visible_after_ms", 0}});
  EXPECT_EQ(Ask().status, 200);
}

TEST_F(RunStatusTest, ARunCanBeDeletedLater) {
  Start({{"gone_after_ms", 1'000}, {"started_ago_ms", 2'000}});

  EXPECT_EQ(Ask().ErrorMessage(), "Test Result not found.");
}

TEST_F(RunStatusTest, ProgressCanBeMovedByHandAndTheRunEnded) {
  Start({{"ran", 3}});
  EXPECT_EQ(Ask().Json()["utterance_ran"], 3);

  simulator_.Control("PATCH", "/runs/tr-1", {{"ran", 40}});
  EXPECT_EQ(Ask().Json()["percentage"], 100);
  EXPECT_EQ(Ask().Json()["status"], "running");

  simulator_.Control("PATCH", "/runs/tr-1", {{"finish_now", true}, {"outcome", "failed"}});
  EXPECT_EQ(Ask().Json()["status"], "failed");
}

TEST_F(RunStatusTest, AStampOnEveryAnswerTellsItsMoment) {
  Start({{"stamp", "every"}});

  const auto first = Ask().Json()["result"]["triggeredBy"].get<std::string>();
  const auto second = Ask().Json()["result"]["triggeredBy"].get<std::string>();

  EXPECT_THAT(first, MatchesRegex("@T[0-9a-f]{16}"));
  EXPECT_LT(first, second);
}

TEST_F(RunStatusTest, AStampOfOnceStaysUntilTheRunIsChanged) {
  Start({{"stamp", "once"}});
  const auto first = Ask().Json()["result"]["triggeredBy"].get<std::string>();
  const auto second = Ask().Json()["result"]["triggeredBy"].get<std::string>();

  simulator_.Control("PATCH", "/runs/tr-1", {{"ran", 7}});
  const auto third = Ask().Json()["result"]["triggeredBy"].get<std::string>();

  EXPECT_EQ(first, second);
  EXPECT_LT(second, third);
}

TEST_F(RunStatusTest, WithoutAStampTheUserIsNamed) {
  Start({});

  EXPECT_THAT(Ask().Json()["result"]["triggeredBy"].get<std::string>(), HasSubstr("u-"));
}

}  // namespace
}  // namespace runcast::simulator_test
