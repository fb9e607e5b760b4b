#include "gateway/upstream/status_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/unit/upstream/status_answers.h"

namespace runcast::upstream {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// --- The documents of sections 4.1 and 4.2.

TEST(StatusDecoderTest, ReadsTheRunningDocument) {
  const PollAnswer answer = Decode(SampleKey(), kRunningDocument);

  const v1::RunStatus& status = answer.status;
  EXPECT_EQ(status.run().stream_id(), SampleKey().stream_id);
  EXPECT_EQ(status.run().suite_name(), "smoke");
  EXPECT_EQ(status.run().run_id(), SampleKey().run_id);
  EXPECT_EQ(status.run().language(), "");
  EXPECT_EQ(status.state(), v1::RUN_STATE_RUNNING);
  EXPECT_EQ(status.raw_state(), "running");
  EXPECT_FALSE(status.terminal());
  EXPECT_EQ(status.progress().utterances_done(), 10);
  EXPECT_EQ(status.progress().utterances_total(), 40);
  EXPECT_EQ(status.progress().percent(), 25);
  EXPECT_FALSE(status.has_result());
  EXPECT_TRUE(status.has_partial_failure());
  EXPECT_FALSE(status.partial_failure());
  EXPECT_EQ(status.assertion_count(), 40);
  EXPECT_EQ(Millis(status.start_time()), 1893553445678);
  EXPECT_FALSE(status.has_end_time());
  EXPECT_EQ(status.suite_id(), "ts-0a1b2c3d-0000-5000-8000-00000000cafe");
  EXPECT_EQ(status.report_file_id(), "");
  EXPECT_FALSE(status.has_report_available());
  EXPECT_EQ(status.language(), "en");
  EXPECT_EQ(status.run_type(), "published");
  EXPECT_EQ(status.triggered_by(), "u-0a1b2c3d-0000-5000-8000-00000000f00d");
  EXPECT_TRUE(answer.report_link.empty());
  EXPECT_FALSE(answer.words_disagree);
  EXPECT_FALSE(answer.has_results);
  EXPECT_THAT(answer.unreadable_fields, IsEmpty());
}

TEST(StatusDecoderTest, ReadsTheCompletedDocument) {
  const PollAnswer answer = Decode(SampleKey(), kCompletedDocument);

  const v1::RunStatus& status = answer.status;
  EXPECT_EQ(status.state(), v1::RUN_STATE_COMPLETED);
  EXPECT_EQ(status.raw_state(), "completed");
  EXPECT_TRUE(status.terminal());
  EXPECT_FALSE(status.progress().has_utterances_done());
  EXPECT_FALSE(status.progress().has_utterances_total());
  EXPECT_EQ(status.progress().percent(), 100);
  EXPECT_FALSE(status.partial_failure());
  EXPECT_EQ(status.assertion_count(), 40);
  EXPECT_EQ(Millis(status.start_time()), 1893553445678);
  EXPECT_EQ(Millis(status.end_time()), 1893553506789);
  EXPECT_EQ(status.report_file_id(), "0123456789abcdef01234567");
  EXPECT_TRUE(status.report_available());
  const v1::RunResult& result = status.result();
  EXPECT_EQ(result.true_positives(), 35);
  EXPECT_EQ(result.true_negatives(), 1);
  EXPECT_EQ(result.false_positives(), 1);
  EXPECT_EQ(result.false_negatives(), 3);
  EXPECT_EQ(result.succeeded(), 36);
  EXPECT_EQ(result.failed(), 4);
  EXPECT_TRUE(result.has_trait_successes());
  EXPECT_EQ(result.trait_successes(), 0);
  EXPECT_TRUE(result.has_trait_failures());
  EXPECT_EQ(result.total_entities(), 12);
  EXPECT_EQ(result.matched_entities(), 11);
  EXPECT_TRUE(result.has_total_traits());
  EXPECT_TRUE(result.has_matched_traits());
  EXPECT_TRUE(result.has_failed_utterances());
  EXPECT_EQ(result.failed_utterances(), 0);
  EXPECT_EQ(result.failed_entities(), 1);
  EXPECT_DOUBLE_EQ(result.f1_score(), 0.95);
  EXPECT_DOUBLE_EQ(result.precision(), 0.97);
  EXPECT_DOUBLE_EQ(result.recall(), 0.92);
  EXPECT_FALSE(answer.words_disagree);
  EXPECT_TRUE(answer.has_results);
  EXPECT_THAT(answer.unreadable_fields, IsEmpty());
}

TEST(StatusDecoderTest, TheReportLinkIsPassedByteForByteAndIsInNoStatus) {
  const PollAnswer answer = Decode(SampleKey(), kCompletedDocument);

  EXPECT_EQ(answer.report_link.Reveal(),
            "https://platform.kore.ai/api/getMediaStream/media/"
            "f-0a1b2c3d-0000-5000-8000-000000000001.csv?e=1893557106&n=1234567890&s="
            "QUJDREVGRw$$&clientfilename=smoke-02-01-30.csv&batchtesting=true");
  EXPECT_THAT(answer.status.DebugString(), Not(HasSubstr("getMediaStream")));
  EXPECT_THAT(answer.status.DebugString(), Not(HasSubstr("QUJD")));
}

TEST(StatusDecoderTest, TheLanguageAskedForIsInTheReferenceOfTheRun) {
  base::RunKey key = SampleKey();
  key.language = "de";

  const PollAnswer answer = Decode(key, kRunningDocument);

  EXPECT_EQ(answer.status.run().language(), "de");
  EXPECT_EQ(answer.status.language(), "en");
}

// --- Section 4.4.

TEST(StatusWordRulesTest, TheRawWordIsKept) {
  EXPECT_EQ(Decode(R"({"status": "IN_PROGRESS"})").status.raw_state(), "IN_PROGRESS");
  EXPECT_EQ(Decode(R"({"status": "wound up"})").status.raw_state(), "wound up");
}

struct WordOutcome {
  const char* word;
  v1::RunState state;
  bool terminal;
};
class SisterSpellings : public ::testing::TestWithParam<WordOutcome> {};

TEST_P(SisterSpellings, AreUnderstood) {
  const PollAnswer answer = Decode(absl::StrCat(R"({"status": ")", GetParam().word, R"("})"));

  EXPECT_EQ(answer.status.state(), GetParam().state);
  EXPECT_EQ(answer.status.terminal(), GetParam().terminal);
  EXPECT_EQ(answer.status.raw_state(), GetParam().word);
}

INSTANTIATE_TEST_SUITE_P(All, SisterSpellings,
                         ::testing::Values(WordOutcome{"pending", v1::RUN_STATE_RUNNING, false},
                                           WordOutcome{"queued", v1::RUN_STATE_RUNNING, false},
                                           WordOutcome{"in-progress", v1::RUN_STATE_RUNNING, false},
                                           WordOutcome{"inprogress", v1::RUN_STATE_RUNNING, false},
                                           WordOutcome{"IN_PROGRESS", v1::RUN_STATE_RUNNING, false},
                                           WordOutcome{"accepted", v1::RUN_STATE_RUNNING, false},
                                           WordOutcome{"success", v1::RUN_STATE_COMPLETED, true},
                                           WordOutcome{"SUCCESS", v1::RUN_STATE_COMPLETED, true},
                                           WordOutcome{"successful", v1::RUN_STATE_COMPLETED, true},
                                           WordOutcome{"Finished", v1::RUN_STATE_COMPLETED, true},
                                           WordOutcome{"passed", v1::RUN_STATE_COMPLETED, true},
                                           WordOutcome{"failed", v1::RUN_STATE_FAILED, true},
                                           WordOutcome{"failure", v1::RUN_STATE_FAILED, true},
                                           WordOutcome{"FAILURE", v1::RUN_STATE_FAILED, true},
                                           WordOutcome{"Failed", v1::RUN_STATE_FAILED, true},
                                           WordOutcome{"stopped", v1::RUN_STATE_CANCELLED, true},
                                           WordOutcome{"paused", v1::RUN_STATE_UNKNOWN, false}));

TEST(StatusWordRulesTest, AnUnknownWordEndsARunOnlyWithOtherEvidence) {
  EXPECT_FALSE(Decode(R"({"status": "wound up"})").status.terminal());
  EXPECT_FALSE(Decode(R"({"status": "wound up", "result": {"startTime":
      "2030-01-02T03:04:05Z", "results": {}, "fileUrl": "", "endTime": null}})")
                   .status.terminal());
  for (const char* evidence : {R"("endTime": "2030-01-02T03:04:05Z")", R"("results": {"TP": 0})",
                               R"("fileUrl": "https://platform.example/f?s=1")"}) {
    const PollAnswer answer =
        Decode(absl::StrCat(R"({"status": "wound up", "result": {)", evidence, "}}"));
    EXPECT_TRUE(answer.status.terminal()) << evidence;
    EXPECT_EQ(answer.status.state(), v1::RUN_STATE_UNKNOWN);
    EXPECT_EQ(answer.status.progress().percent(), 100);
  }
}

TEST(StatusWordRulesTest, EvidenceDoesNotEndAnActiveRun) {
  EXPECT_FALSE(Decode(R"({"status": "running", "result": {"endTime": "2030-01-02T03:04:05Z"}})")
                   .status.terminal());
}

TEST(StatusWordRulesTest, TheTopLevelWordIsPreferred) {
  const PollAnswer answer = Decode(R"({"status": "running", "result": {"status": "completed"}})");

  EXPECT_EQ(answer.status.state(), v1::RUN_STATE_RUNNING);
  EXPECT_EQ(answer.status.raw_state(), "running");
  EXPECT_FALSE(answer.status.terminal());
}

TEST(StatusWordRulesTest, TheWordOfTheRecordStandsInForAMissingOne) {
  for (const char* top : {"", R"("status": null, )", R"("status": "", )", R"("status": 5, )"}) {
    const PollAnswer answer =
        Decode(absl::StrCat("{", top, R"("result": {"status": "completed"}})"));

    EXPECT_EQ(answer.status.state(), v1::RUN_STATE_COMPLETED) << top;
    EXPECT_FALSE(answer.words_disagree) << top;
  }
}

TEST(StatusWordRulesTest, WordsThatMeanDifferentThingsDisagree) {
  const auto disagree = [](const char* top, const char* record) {
    return Decode(absl::StrCat(R"({"status": ")", top, R"(", "result": {"status": ")", record,
                               R"("}})"))
        .words_disagree;
  };

  EXPECT_TRUE(disagree("running", "completed"));
  EXPECT_TRUE(disagree("completed", "running"));
  EXPECT_TRUE(disagree("completed", "failed"));
  EXPECT_TRUE(disagree("completed", "wound up"));
  EXPECT_FALSE(disagree("completed", "SUCCESS"));
  EXPECT_FALSE(disagree("in-progress", "running"));
}

TEST(StatusWordRulesTest, WithoutAnyWordTheStateIsUnknown) {
  const PollAnswer answer = Decode(R"({"percentage": 25})");

  EXPECT_EQ(answer.status.state(), v1::RUN_STATE_UNKNOWN);
  EXPECT_EQ(answer.status.raw_state(), "");
  EXPECT_FALSE(answer.status.terminal());
}

TEST(StatusWordRulesTest, ConfiguredWordsCount) {
  const PollAnswer answer = Decode(kKey, R"({"status": "wound up"})",
                                   StatusWords({{"woundup", WordMeaning::kCancelled}}));

  EXPECT_EQ(answer.status.state(), v1::RUN_STATE_CANCELLED);
  EXPECT_TRUE(answer.status.terminal());
}

TEST(StatusWordRulesTest, ALongWordIsCutAtACharacter) {
  std::string word(255, 'x');
  word += "ü and more";

  EXPECT_EQ(Decode(absl::StrCat(R"({"status": ")", word, R"("})")).status.raw_state(),
            std::string(255, 'x'));
}

}  // namespace
}  // namespace runcast::upstream
