// Whatever the platform answers, callers get what can be understood of it: from a body on the
// wire to the status that a read returns. Source: upstream reference, sections 4.4 and 4.5.

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/error_details.h"
#include "tests/e2e/platform_facts.h"
#include "tests/e2e/quick_polling.h"

namespace runcast::e2e {
namespace {

class TolerantReadingTest : public testing::Test {
 public:
  static void SetUpTestSuite() {
    deployment_ = new Deployment(QuickPolling());
    caller_ = new Caller(deployment_->grpc_address());
  }
  static void TearDownTestSuite() {
    EXPECT_FALSE(deployment_->gateway().WaitForExit(absl::ZeroDuration()).has_value());
    delete caller_;
    delete deployment_;
  }

  // What a caller sees when the platform answers with this body, in which RUN is the run's id.
  static StatusAnswer Read(const std::string& name, const std::string& body) {
    const std::string run_id = absl::StrCat("tr-", name);
    deployment_->StartRun(
        {{"run_id", run_id}, {"raw_body", absl::StrReplaceAll(body, {{"RUN", run_id}})}});
    return caller_->GetStatus(deployment_->Reference(run_id));
  }

 private:
  static Deployment* deployment_;
  static Caller* caller_;
};

Deployment* TolerantReadingTest::deployment_ = nullptr;
Caller* TolerantReadingTest::caller_ = nullptr;

struct Reading {
  const char* rule;
  const char* body;
  const char* facts;
};
void PrintTo(const Reading& each, std::ostream* out) { *out << each.rule; }

class ReadableAnswerTest : public TolerantReadingTest,
                           public testing::WithParamInterface<Reading> {};

TEST_P(ReadableAnswerTest, IsReadAsFarAsItGoes) {
  const StatusAnswer answer = Read(GetParam().rule, GetParam().body);

  ASSERT_TRUE(answer.ok()) << answer.end.status.error_message();
  EXPECT_EQ(FactsOf(answer.status()), Facts(GetParam().facts));
}

INSTANTIATE_TEST_SUITE_P(
    Rules, ReadableAnswerTest,
    testing::Values(
        Reading{"UnknownFieldsAreIgnored",
                R"({"_id":"RUN","status":"running","new":{"a":[1,{"b":null}]},"percentage":25,
                    "result":{"accuracy":"0.5","__v":7}})",
                R"(state: RUN_STATE_RUNNING raw_state: "running" progress { percent: 25 })"},
        Reading{"MissingFieldsAreAbsentAndNotZero", R"({"_id":"RUN","status":"running"})",
                R"(state: RUN_STATE_RUNNING raw_state: "running")"},
        Reading{"ZeroIsNotAbsent",
                R"({"_id":"RUN","status":"running","utterance_ran":0,"totalUtterances":40,
                    "percentage":0})",
                R"(state: RUN_STATE_RUNNING raw_state: "running"
                   progress { utterances_done: 0 utterances_total: 40 percent: 0 })"},
        Reading{"NumbersComeAsTextAndIntegersWithAPoint",
                R"({"_id":"RUN","status":"completed","utterance_count":40.0,"utterance_ran":"12",
                    "totalUtterances":"40.0","percentage":"37.5",
                    "result":{"precision":0.97,"recall":"0.92","f1_score":1,
                    "results":{"TP":"35","TN":1.0}}})",
                R"(state: RUN_STATE_COMPLETED raw_state: "completed" terminal: true
                   progress { utterances_done: 12 utterances_total: 40 percent: 37.5 }
                   result { true_positives: 35 true_negatives: 1 precision: 0.97 recall: 0.92
                            f1_score: 1 }
                   assertion_count: 40)"},
        Reading{"BooleansComeAsText",
                R"({"_id":"RUN","status":"failed","result":{"isPartialFailure":"true",
                    "isAvailable":"False"}})",
                R"(state: RUN_STATE_FAILED raw_state: "failed" terminal: true
                   progress { percent: 100 } partial_failure: true report_available: false)"},
        Reading{"WhatCannotBeReadIsAbsent",
                R"({"_id":"RUN","status":"running","utterance_ran":"many","totalUtterances":[40],
                    "percentage":{"of":40},"utterance_count":-3,
                    "result":{"isPartialFailure":"perhaps","startTime":"yesterday",
                    "f1_score":"NaN","botLanguage":7,"results":"none"}})",
                R"(state: RUN_STATE_RUNNING raw_state: "running")"},
        Reading{"NullIsAbsent",
                R"({"_id":"RUN","streamId":null,"status":"running","percentage":null,
                    "utterance_ran":null,"result":null})",
                R"(state: RUN_STATE_RUNNING raw_state: "running")"},
        Reading{"WithoutResultTheTopLevelIsReported",
                R"({"_id":"RUN","testSuiteId":"ts-1","status":"running","utterance_count":40,
                    "utterance_ran":10,"totalUtterances":40,"percentage":25})",
                R"(state: RUN_STATE_RUNNING raw_state: "running"
                   progress { utterances_done: 10 utterances_total: 40 percent: 25 }
                   assertion_count: 40 suite_id: "ts-1")"},
        Reading{"WithoutTheTopLevelTheResultIsReported",
                R"({"result":{"_id":"RUN","status":"running","testSuiteId":"ts-1",
                    "utterance_count":40}})",
                R"(state: RUN_STATE_RUNNING raw_state: "running" assertion_count: 40
                   suite_id: "ts-1")"},
        Reading{"AnEndWithoutProgressIsAHundredPercent", R"({"_id":"RUN","status":"failed"})",
                R"(state: RUN_STATE_FAILED raw_state: "failed" terminal: true
                   progress { percent: 100 })"},
        Reading{"PercentIsDerivedFromTheCounts",
                R"({"_id":"RUN","status":"running","utterance_ran":1,"totalUtterances":8})",
                R"(state: RUN_STATE_RUNNING raw_state: "running"
                   progress { utterances_done: 1 utterances_total: 8 percent: 12.5 })"},
        Reading{"PercentIsNotAboveAHundred", R"({"_id":"RUN","status":"running","percentage":250})",
                R"(state: RUN_STATE_RUNNING raw_state: "running" progress { percent: 100 })"},
        Reading{"PercentIsNotBelowZero", R"({"_id":"RUN","status":"running","percentage":-1})",
                R"(state: RUN_STATE_RUNNING raw_state: "running" progress { percent: 0 })"},
        Reading{"DatesComeWithAndWithoutFractionsAndWithOffsets",
                R"({"_id":"RUN","status":"failed","result":{"startTime":"2030-01-02T03:04:05Z",
                    "endTime":"2030-01-02T05:05:06.5+02:00"}})",
                R"(state: RUN_STATE_FAILED raw_state: "failed" terminal: true
                   progress { percent: 100 }
                   start_time { seconds: 1893553445 }
                   end_time { seconds: 1893553506 nanos: 500000000 })"},
        Reading{"TheTopLevelWordCounts",
                R"({"_id":"RUN","status":"running","result":{"status":"queued"}})",
                R"(state: RUN_STATE_RUNNING raw_state: "running")"},
        Reading{"AnUnknownWordAloneEndsNothing",
                R"({"_id":"RUN","status":"Simmering","percentage":10})",
                R"(state: RUN_STATE_UNKNOWN raw_state: "Simmering" progress { percent: 10 })"},
        Reading{"AnUnknownWordWithAnEndTimeIsTheEnd",
                R"({"_id":"RUN","status":"halted","result":{"endTime":"2030-01-02T03:04:05Z"}})",
                R"(state: RUN_STATE_UNKNOWN raw_state: "halted" terminal: true
                   progress { percent: 100 } end_time { seconds: 1893553445 })"},
        Reading{"AnUnknownWordWithResultsIsTheEnd",
                R"({"_id":"RUN","status":"halted","result":{"results":{"TP":1}}})",
                R"(state: RUN_STATE_UNKNOWN raw_state: "halted" terminal: true
                   progress { percent: 100 } result { true_positives: 1 })"},
        Reading{
            "AnUnknownWordWithALinkIsTheEnd",
            R"({"_id":"RUN","status":"halted","result":{"fileUrl":"https://a.example/r?s=$$"}})",
            R"(state: RUN_STATE_UNKNOWN raw_state: "halted" terminal: true
                   progress { percent: 100 })"}),
    [](const auto& reading) { return std::string(reading.param.rule); });

struct Word {
  const char* word;
  v1::RunState state;
};
void PrintTo(const Word& each, std::ostream* out) { *out << each.word; }

class WordTest : public TolerantReadingTest, public testing::WithParamInterface<Word> {};

TEST_P(WordTest, IsUnderstoodAndCarriedUnchanged) {
  const std::string word = GetParam().word;
  // Complete, so that nothing but the word says whether the run is over.
  const StatusAnswer answer =
      Read(absl::StrCat("word-", absl::StrReplaceAll(word, {{" ", "_b_"}})),
           absl::StrCat(R"({"_id":"RUN","status":")", word, R"(","percentage":50)",
                        GetParam().state == v1::RUN_STATE_COMPLETED
                            ? R"(,"result":{"results":{"TP":1}}})"
                            : "}"));

  ASSERT_TRUE(answer.ok()) << answer.end.status.error_message();
  EXPECT_EQ(answer.status().state(), GetParam().state);
  EXPECT_EQ(answer.status().raw_state(), word);
  EXPECT_EQ(answer.status().terminal(),
            GetParam().state != v1::RUN_STATE_RUNNING && GetParam().state != v1::RUN_STATE_UNKNOWN);
}

constexpr v1::RunState kActive = v1::RUN_STATE_RUNNING;
constexpr v1::RunState kFinished = v1::RUN_STATE_COMPLETED;
constexpr v1::RunState kFailed = v1::RUN_STATE_FAILED;
constexpr v1::RunState kCancelled = v1::RUN_STATE_CANCELLED;

INSTANTIATE_TEST_SUITE_P(
    Words, WordTest,
    testing::Values(Word{"running", kActive}, Word{"Running", kActive}, Word{"pending", kActive},
                    Word{"queued", kActive}, Word{"accepted", kActive}, Word{"started", kActive},
                    Word{"in-progress", kActive}, Word{"inprogress", kActive},
                    Word{"IN_PROGRESS", kActive}, Word{"In Progress", kActive},
                    Word{"completed", kFinished}, Word{"success", kFinished},
                    Word{"SUCCESS", kFinished}, Word{"successful", kFinished},
                    Word{"Finished", kFinished}, Word{"passed", kFinished}, Word{"failed", kFailed},
                    Word{"Failed", kFailed}, Word{"failure", kFailed}, Word{"FAILURE", kFailed},
                    Word{"error", kFailed}, Word{"cancelled", kCancelled},
                    Word{"canceled", kCancelled}, Word{"CANCELLED", kCancelled},
                    Word{"stopped", kCancelled}, Word{"aborted", kCancelled},
                    Word{"terminated", kCancelled}, Word{"imaginable", v1::RUN_STATE_UNKNOWN}),
    [](const auto& word) {
      std::string name;
      for (const char c : std::string(word.param.word)) name += std::isalpha(c) ? c : '_';
      return name;
    });

struct Nonsense {
  const char* rule;
  const char* body;
};
void PrintTo(const Nonsense& each, std::ostream* out) { *out << each.rule; }

class NonsenseTest : public TolerantReadingTest, public testing::WithParamInterface<Nonsense> {};

TEST_P(NonsenseTest, IsToldAsSuch) {
  const StatusAnswer answer = Read(GetParam().rule, GetParam().body);

  EXPECT_EQ(answer.end.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(answer.end.status), "UPSTREAM_PROTOCOL");
  EXPECT_TRUE(RetryDelayOf(answer.end.status).has_value());
}

INSTANTIATE_TEST_SUITE_P(
    Rules, NonsenseTest,
    testing::Values(
        Nonsense{"AnotherRun", R"({"_id":"tr-somebody-else","status":"running"})"},
        Nonsense{"AnotherRunInside",
                 R"({"_id":"RUN","status":"running","result":{"_id":"tr-somebody-else"}})"},
        Nonsense{"NoMemberOfAStatus", R"({"hello":"world"})"}, Nonsense{"AnEmptyObject", "{}"},
        Nonsense{"AList", R"([{"_id":"RUN","status":"running"}])"}, Nonsense{"AText", R"("RUN")"},
        Nonsense{"HalfAnObject", R"({"_id":"RUN","status":"runn)"},
        Nonsense{"NoJson", "all is well with RUN"},
        Nonsense{"Html", "<html><body>Please log in</body></html>"},
        Nonsense{"AMemberTwice", R"({"_id":"RUN","status":"running","status":"completed"})"},
        Nonsense{"ErrorsInAGoodAnswer",
                 R"({"_id":"RUN","status":"running","errors":[{"msg":"odd","code":"X1"}]})"}),
    [](const auto& nonsense) { return std::string(nonsense.param.rule); });

TEST_F(TolerantReadingTest, ABrokenAnswerIsNotShownToCallers) {
  const StatusAnswer answer = Read("secret", R"({"_id":"RUN","token":"eyJhbGciOiJIUzI1NiJ9.e30)");

  EXPECT_FALSE(answer.ok());
  EXPECT_FALSE(absl::StrContains(answer.end.status.error_message(), "eyJ"));
  EXPECT_FALSE(absl::StrContains(answer.end.status.error_details(), "eyJ"));
}

}  // namespace
}  // namespace runcast::e2e
