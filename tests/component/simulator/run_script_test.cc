#include "tests/simulator/run_script.h"

#include <gtest/gtest.h>

#include "tests/simulator/run_body.h"

namespace runcast::simulator {
namespace {

RunScript Script(Json members) {
  members["run_id"] = "tr-1";
  members["stream"] = "st-1";
  members["suite"] = "smoke";
  return RunScriptFromJson(members);
}

TEST(RunScriptTest, ProgressIsAFunctionOfTime) {
  const RunScript run = Script({{"utterances", 40}, {"duration_ms", 40'000}});

  const RunMoment moment = run.MomentAt(10'000);

  EXPECT_EQ(moment.ran, 10);
  EXPECT_EQ(moment.percentage, 25);
  EXPECT_FALSE(moment.terminal);
  EXPECT_TRUE(run.MomentAt(40'000).terminal);
}

TEST(RunScriptTest, PercentStepsMakeProgressCoarse) {
  const RunScript run = Script({{"utterances", 40}, {"duration_ms", 40'000}, {"progress", 10}});

  EXPECT_EQ(run.MomentAt(9'000).percentage, 20);
  EXPECT_EQ(run.MomentAt(9'000).ran, 8);
  EXPECT_EQ(run.MomentAt(12'000).percentage, 30);
}

TEST(RunScriptTest, AnActiveRunHasNotRanEverything) {
  const RunScript run = Script({{"duration_ms", 1'000}, {"outcome", "never"}});

  const RunMoment moment = run.MomentAt(1e9);

  EXPECT_FALSE(moment.terminal);
  EXPECT_EQ(moment.status, "running");
  EXPECT_EQ(moment.ran, 39);
}

TEST(RunScriptTest, TheSameSeedGivesTheSameTimes) {
  const Json members = {
      {"per_utterance_ms", {{"distribution", "exponential"}, {"mean_ms", 100}, {"seed", 7}}}};
  Json other = members;
  other["per_utterance_ms"]["seed"] = 8;

  EXPECT_EQ(Script(members).utterance_ends_ms, Script(members).utterance_ends_ms);
  EXPECT_NE(Script(members).utterance_ends_ms, Script(other).utterance_ends_ms);
  EXPECT_EQ(Script(members).utterance_ends_ms.size(), 40u);
}

TEST(RunScriptTest, PhasesNameTheWordsOfAnActiveRun) {
  const RunScript run = Script({{"phases",
                                 {{{"after_ms", 0}, {"status", "queued"}},
                                  {{"after_ms", 500}, {"status", "IN_PROGRESS"}}}}});

  EXPECT_EQ(run.MomentAt(0).status, "queued");
  EXPECT_EQ(run.MomentAt(500).status, "IN_PROGRESS");
}

TEST(RunScriptTest, CountsAddUpToTheUtterances) {
  const RunScript by_sample = Script({{"utterances", 40}});
  const RunScript by_hand =
      Script({{"utterances", 10}, {"counts", {{"FN", 2}, {"failedUtteranceCount", 1}}}});

  EXPECT_EQ(by_sample.counts.at("TP"), 35);
  EXPECT_EQ(by_sample.counts.at("success"), 36);
  EXPECT_EQ(by_sample.counts.at("failure"), 4);
  EXPECT_EQ(by_hand.counts.at("TP"), 7);
  EXPECT_EQ(by_hand.counts.at("success"), 7);
  EXPECT_EQ(by_hand.counts.at("failure"), 3);
}

TEST(RunScriptTest, NothingOverNothingIsShownAsZero) {
  const RunScript run = Script({{"counts", {{"failedUtteranceCount", 1}}}, {"duration_ms", 0}});

  const Json body = StatusBody(run, run.MomentAt(0), 0, "https://host", 1);

  EXPECT_EQ(run.utterances, 1);
  EXPECT_EQ(body["result"]["precision"], "0.00");
  EXPECT_EQ(body["result"]["recall"], "0.00");
  EXPECT_EQ(body["result"]["f1_score"], "0.00");
}

TEST(RunScriptTest, MembersThatDoNotExistAreRefused) {
  EXPECT_THROW(Script({{"durration_ms", 1}}), std::exception);
  EXPECT_THROW(Script({{"counts", {{"XP", 1}}}}), std::exception);
  EXPECT_THROW(Script({{"progress", "sometimes"}}), std::exception);
}

}  // namespace
}  // namespace runcast::simulator
