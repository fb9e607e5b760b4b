// Section 4.5 of the upstream reference, rule by rule.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/upstream/status_decoder.h"
#include "tests/unit/upstream/status_answers.h"

namespace runcast::upstream {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(TolerantReadingTest, UnknownMembersAreIgnored) {
  const PollAnswer answer = Decode(R"({"accuracy": {"deep": [1, {"status": "failed"}]},
      "status": "running", "result": {"new": [[]], "results": {"XX": {"TP": 3}}},
      "result.status": "failed", "accuracy": 2})");

  EXPECT_EQ(answer.status.state(), v1::RUN_STATE_RUNNING);
  EXPECT_FALSE(answer.words_disagree);
  EXPECT_THAT(answer.unreadable_fields, IsEmpty());
}

TEST(TolerantReadingTest, AMissingMemberIsAbsentAndNotZero) {
  const PollAnswer answer = Decode(R"({"status": "completed", "result": {"results": {"TP": 1}}})");

  EXPECT_TRUE(answer.status.result().has_true_positives());
  EXPECT_FALSE(answer.status.result().has_false_positives());
  EXPECT_FALSE(answer.status.result().has_f1_score());
  EXPECT_FALSE(answer.status.has_partial_failure());
  EXPECT_FALSE(answer.status.has_assertion_count());
  EXPECT_FALSE(answer.status.has_start_time());
}

TEST(TolerantReadingTest, EveryMemberCanBeMissing) {
  for (const char* sample : {kRunningDocument, kCompletedDocument}) {
    for (const char* member :
         {"\"_id\"", "\"streamId\"", "\"testSuiteId\"", "\"status\"", "\"utterance_count\"",
          "\"result\"", "\"startTime\"", "\"isPartialFailure\"", "\"triggeredBy\"",
          "\"botLanguage\"", "\"runType\"", "\"__v\""}) {
      const PollAnswer answer =
          Decode(SampleKey(), Edited(sample, absl::StrCat(member, ":"), "\"other\":"));
      EXPECT_THAT(answer.unreadable_fields, IsEmpty()) << member;
    }
  }
}

TEST(TolerantReadingTest, NullIsAbsent) {
  const PollAnswer answer = Decode(R"({"_id": null, "status": "running", "errors": null,
      "totalUtterances": null, "utterance_ran": null, "percentage": null,
      "utterance_count": null, "result": {"results": null, "startTime": null, "f1_score": null,
      "isPartialFailure": null, "fileUrl": null, "_id": null}})");

  EXPECT_FALSE(answer.status.has_progress());
  EXPECT_FALSE(answer.status.has_result());
  EXPECT_FALSE(answer.status.has_start_time());
  EXPECT_FALSE(answer.status.has_partial_failure());
  EXPECT_TRUE(answer.report_link.empty());
  EXPECT_THAT(answer.unreadable_fields, IsEmpty());
}

TEST(TolerantReadingTest, TopLevelMembersAreReportedWithoutARecord) {
  for (const char* record : {"", R"(, "result": null)", R"(, "result": {})"}) {
    const PollAnswer answer =
        Decode(absl::StrCat(R"({"status": "running", "percentage": 25)", record, "}"));

    EXPECT_EQ(answer.status.state(), v1::RUN_STATE_RUNNING);
    EXPECT_EQ(answer.status.progress().percent(), 25);
  }
}

TEST(TolerantReadingTest, NumbersMayComeAsStrings) {
  const PollAnswer answer = Decode(R"({"status": "running", "totalUtterances": "40",
      "utterance_ran": "10", "percentage": "25.5",
      "result": {"f1_score": "0.95", "results": {"TP": "12"}}})");

  EXPECT_EQ(answer.status.progress().utterances_total(), 40);
  EXPECT_EQ(answer.status.progress().utterances_done(), 10);
  EXPECT_DOUBLE_EQ(answer.status.progress().percent(), 25.5);
  EXPECT_DOUBLE_EQ(answer.status.result().f1_score(), 0.95);
  EXPECT_EQ(answer.status.result().true_positives(), 12);
}

TEST(TolerantReadingTest, ScoresMayComeAsNumbers) {
  EXPECT_DOUBLE_EQ(Decode(R"({"result": {"precision": 0.97}})").status.result().precision(), 0.97);
  EXPECT_DOUBLE_EQ(Decode(R"({"result": {"precision": 1}})").status.result().precision(), 1);
}

TEST(TolerantReadingTest, IntegersMayComeWithAPoint) {
  const PollAnswer answer =
      Decode(R"({"status": "running", "totalUtterances": 40.0, "utterance_ran": "25.0"})");

  EXPECT_EQ(answer.status.progress().utterances_total(), 40);
  EXPECT_EQ(answer.status.progress().utterances_done(), 25);
}

TEST(TolerantReadingTest, BooleansMayComeAsStrings) {
  const PollAnswer answer = Decode(
      R"({"status": "running", "result": {"isPartialFailure": "true", "isAvailable": "False"}})");

  EXPECT_TRUE(answer.status.partial_failure());
  EXPECT_TRUE(answer.status.has_report_available());
  EXPECT_FALSE(answer.status.report_available());
}

struct UnreadableCase {
  const char* path;
  const char* body;
};
class UnreadableValues : public ::testing::TestWithParam<UnreadableCase> {};

TEST_P(UnreadableValues, AreAbsentAndNamedAndFailNothing) {
  const PollAnswer answer = Decode(GetParam().body);

  EXPECT_THAT(answer.unreadable_fields, ElementsAre(GetParam().path));
  EXPECT_EQ(answer.status.state(), v1::RUN_STATE_RUNNING);
  EXPECT_FALSE(answer.status.has_progress());
  EXPECT_FALSE(answer.status.has_result());
  EXPECT_FALSE(answer.status.has_assertion_count());
  EXPECT_FALSE(answer.status.has_partial_failure());
  EXPECT_FALSE(answer.status.has_start_time());
  EXPECT_TRUE(answer.report_link.empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, UnreadableValues,
    ::testing::Values(
        UnreadableCase{"percentage", R"({"status": "running", "percentage": "abc"})"},
        UnreadableCase{"percentage", R"({"status": "running", "percentage": "NaN"})"},
        UnreadableCase{"percentage", R"({"status": "running", "percentage": "inf"})"},
        UnreadableCase{"percentage", R"({"status": "running", "percentage": 1e999})"},
        UnreadableCase{"percentage", R"({"status": "running", "percentage": true})"},
        UnreadableCase{"percentage", R"({"status": "running", "percentage": [25]})"},
        UnreadableCase{"utterance_ran", R"({"status": "running", "utterance_ran": -1})"},
        UnreadableCase{"utterance_ran", R"({"status": "running", "utterance_ran": 2.5})"},
        UnreadableCase{"utterance_ran", R"({"status": "running", "utterance_ran": ""})"},
        UnreadableCase{"utterance_ran",
                       R"({"status": "running", "utterance_ran": 99999999999999999999})"},
        UnreadableCase{"utterance_ran",
                       R"({"status": "running", "utterance_ran": 18446744073709551615})"},
        UnreadableCase{"utterance_ran", R"({"status": "running", "utterance_ran": 1e300})"},
        UnreadableCase{"utterance_count", R"({"status": "running", "utterance_count": {}})"},
        UnreadableCase{"result", R"({"status": "running", "result": "none"})"},
        UnreadableCase{"result", R"({"status": "running", "result": [1]})"},
        UnreadableCase{"result.results", R"({"status": "running", "result": {"results": 7}})"},
        UnreadableCase{"result.results.TP",
                       R"({"status": "running", "result": {"results": {"TP": "many"}}})"},
        UnreadableCase{"result.f1_score",
                       R"({"status": "running", "result": {"f1_score": "95.0"}})"},
        UnreadableCase{"result.f1_score",
                       R"({"status": "running", "result": {"f1_score": "-0.1"}})"},
        UnreadableCase{"result.recall", R"({"status": "running", "result": {"recall": "NaN"}})"},
        UnreadableCase{"result.isPartialFailure",
                       R"({"status": "running", "result": {"isPartialFailure": "maybe"}})"},
        UnreadableCase{"result.startTime",
                       R"({"status": "running", "result": {"startTime": "yesterday"}})"},
        UnreadableCase{"result.startTime",
                       R"({"status": "running", "result": {"startTime": "infinite-future"}})"},
        UnreadableCase{"result.startTime",
                       R"({"status": "running", "result": {"startTime": "2030-01-02T03:04:05"}})"},
        UnreadableCase{
            "result.startTime",
            R"({"status": "running", "result": {"startTime": "99999-01-02T03:04:05Z"}})"},
        UnreadableCase{"result.startTime",
                       R"({"status": "running", "result": {"startTime": 1893553445}})"},
        UnreadableCase{"result.runType", R"({"status": "running", "result": {"runType": 7}})"},
        UnreadableCase{"result.fileUrl", R"({"status": "running", "result": {"fileUrl": 7}})"},
        UnreadableCase{"result.fileUrl",
                       R"({"status": "running", "result": {"fileUrl": "javascript:alert"}
})"},
        UnreadableCase{
            "result.fileUrl",
            R"({"status": "running", "result": {"fileUrl": "https://x/\r\nauth: y"}})"}));

TEST(TolerantReadingTest, ProgressAbsentOnATerminalRunIsAllOfIt) {
  for (const char* word : {"completed", "failed", "cancelled"}) {
    EXPECT_EQ(Decode(absl::StrCat(R"({"status": ")", word, R"("})")).status.progress().percent(),
              100);
  }
}

TEST(TolerantReadingTest, ProgressGivenOnATerminalRunIsKept) {
  EXPECT_EQ(Decode(R"({"status": "cancelled", "percentage": 40})").status.progress().percent(), 40);
  EXPECT_EQ(Decode(R"({"status": "cancelled", "totalUtterances": 40, "utterance_ran": 10})")
                .status.progress()
                .percent(),
            25);
}

TEST(TolerantReadingTest, ProgressAbsentOnAnActiveRunIsUnknown) {
  EXPECT_FALSE(Decode(R"({"status": "running", "utterance_count": 40})").status.has_progress());
}

TEST(TolerantReadingTest, PercentIsDerivedFromTheCountsWhenOnlyItIsMissing) {
  EXPECT_DOUBLE_EQ(Decode(R"({"status": "running", "totalUtterances": 40, "utterance_ran": 10})")
                       .status.progress()
                       .percent(),
                   25);
  const v1::Progress progress =
      Decode(R"({"status": "running", "totalUtterances": 0, "utterance_ran": 0})")
          .status.progress();
  EXPECT_FALSE(progress.has_percent());
  EXPECT_TRUE(progress.has_utterances_total());
  EXPECT_FALSE(
      Decode(R"({"status": "running", "utterance_ran": 10})").status.progress().has_percent());
}

TEST(TolerantReadingTest, PercentIsClamped) {
  const auto percent = [](const char* members) {
    return Decode(absl::StrCat(R"({"status": "running", )", members, "}"))
        .status.progress()
        .percent();
  };

  EXPECT_EQ(percent(R"("percentage": 130)"), 100);
  EXPECT_EQ(percent(R"("percentage": -5)"), 0);
  EXPECT_EQ(percent(R"("percentage": 1e300)"), 100);
  EXPECT_EQ(percent(R"("totalUtterances": 10, "utterance_ran": 12)"), 100);
}

TEST(TolerantReadingTest, PercentMayBeFractional) {
  EXPECT_DOUBLE_EQ(
      Decode(R"({"status": "running", "percentage": 33.3})").status.progress().percent(), 33.3);
}

struct DateCase {
  const char* text;
  int64_t unix_millis;
};
class Dates : public ::testing::TestWithParam<DateCase> {};

TEST_P(Dates, AreRead) {
  const PollAnswer answer =
      Decode(absl::StrCat(R"({"result": {"startTime": ")", GetParam().text, R"("}})"));

  EXPECT_EQ(Millis(answer.status.start_time()), GetParam().unix_millis);
  EXPECT_GE(answer.status.start_time().nanos(), 0);
}

INSTANTIATE_TEST_SUITE_P(All, Dates,
                         ::testing::Values(DateCase{"2030-01-02T03:04:05Z", 1893553445000},
                                           DateCase{"2030-01-02T03:04:05.678Z", 1893553445678},
                                           DateCase{"2030-01-02T03:04:05.678901Z", 1893553445678},
                                           DateCase{"2030-01-02T05:04:05+02:00", 1893553445000},
                                           DateCase{"2030-01-01T21:34:05.5-05:30", 1893553445500},
                                           DateCase{"2030-01-02T03:04:05.678+00:00", 1893553445678},
                                           DateCase{"1969-12-31T23:59:59.500Z", -500}));

TEST(TolerantReadingTest, CountsOfTheRecordStandInForMissingOnes) {
  EXPECT_EQ(Decode(R"({"result": {"utterance_count": 40}})").status.assertion_count(), 40);
  EXPECT_EQ(Decode(R"({"result": {"testSuiteId": "ts-1"}})").status.suite_id(), "ts-1");
}

TEST(TolerantReadingTest, LongTextsAreCutAtACharacter) {
  const std::string text = std::string(511, 'x') + "ü";

  EXPECT_EQ(
      Decode(absl::StrCat(R"({"result": {"triggeredBy": ")", text, R"("}})")).status.triggered_by(),
      std::string(511, 'x'));
  EXPECT_EQ(Decode(absl::StrCat(R"({"result": {"runType": ")", text, R"("}})")).status.run_type(),
            std::string(511, 'x'));
}

TEST(TolerantReadingTest, TheReportLinkIsNeverCut) {
  const std::string link = "http://platform.example/f?s=" + std::string(5000, '$');

  EXPECT_EQ(
      Decode(absl::StrCat(R"({"result": {"fileUrl": ")", link, R"("}})")).report_link.Reveal(),
      link);
}

TEST(TolerantReadingTest, AnotherRunsAnswerIsNotBelieved) {
  EXPECT_EQ(Fault(R"({"_id": "tr-18", "status": "running"})"), "is about another run (_id)");
  EXPECT_EQ(Fault(R"({"_id": "tr-17", "status": "running", "result": {"_id": "tr-18"}})"),
            "is about another run (result._id)");
  EXPECT_EQ(Fault(R"({"_id": 18, "status": "running"})"), "is about another run (_id)");
  EXPECT_EQ(Fault(R"({"_id": "tr-17", "status": "running", "result": {"_id": "tr-17"}})"),
            "believed");
}

TEST(TolerantReadingTest, AnIdMayBeANumber) {
  EXPECT_EQ(Fault(R"({"_id": 17, "status": "running"})", {"st-1", "smoke", "17", ""}), "believed");
}

TEST(TolerantReadingTest, ErrorsInAGoodAnswerAreAnError) {
  const DecodedAnswer decoded =
      DecodeStatus(kKey, R"({"status": "running", "errors": [{"msg": "one", "code": 4002},
                {"msg": "two", "code": "400"}]})",
                   StatusWords());

  const auto* errors = std::get_if<std::vector<PlatformError>>(&decoded);
  ASSERT_NE(errors, nullptr);
  ASSERT_THAT(*errors, SizeIs(2));
  EXPECT_EQ((*errors)[0].text, "one");
  EXPECT_EQ((*errors)[0].code, "4002");
  EXPECT_EQ((*errors)[1].text, "two");
  EXPECT_EQ((*errors)[1].code, "400");
}

TEST(TolerantReadingTest, ErrorsMayHaveOtherShapes) {
  for (const char* errors : {R"({"msg": "one", "code": 1})", R"("one")", R"(["one"])",
                             R"([{"message": "one"}])", R"([{"msg": "one", "more": [{}]}])"}) {
    const DecodedAnswer decoded = DecodeStatus(
        kKey, absl::StrCat(R"({"status": "running", "errors": )", errors, "}"), StatusWords());
    const auto* read = std::get_if<std::vector<PlatformError>>(&decoded);
    ASSERT_NE(read, nullptr) << errors;
    ASSERT_THAT(*read, SizeIs(1)) << errors;
    EXPECT_EQ(read->front().text, "one") << errors;
  }
}

TEST(TolerantReadingTest, EmptyErrorsAreNone) {
  for (const char* errors : {"[]", "{}", "null", "\"\"", "false"}) {
    EXPECT_EQ(Fault(absl::StrCat(R"({"status": "running", "errors": )", errors, "}")), "believed")
        << errors;
  }
}

}  // namespace
}  // namespace runcast::upstream
