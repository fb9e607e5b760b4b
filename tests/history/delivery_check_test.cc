// Made-up histories beside made-up answers: the check must find each kind of fault, and only that.

#include "tests/history/delivery_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/history/history_document.h"

namespace runcast::history {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

absl::Time At(int64_t millis) { return absl::FromUnixMillis(millis); }

class DeliveryTest : public testing::Test {
 protected:
  void Told(int64_t at, int64_t done, bool terminal = false) {
    document_.served.push_back(
        {.received = At(at - 1), .answered = At(at), .terminal = terminal, .done = done});
  }
  void Opened(int64_t at) {
    document_.events.push_back({.kind = HistoryEvent::Kind::kOpened, .at = At(at)});
  }
  void Ended(int64_t at, int code) {
    document_.events.push_back({.kind = HistoryEvent::Kind::kEnded, .at = At(at), .code = code});
  }
  void Heard(int64_t at, int64_t done, bool terminal = false) {
    document_.events.push_back({.kind = HistoryEvent::Kind::kStatus,
                                .at = At(at),
                                .sequence = ++sequence_,
                                .terminal = terminal,
                                .done = done});
  }
  std::vector<std::string> Findings() const {
    std::vector<std::string> found;
    for (const Finding& finding :
         CheckDelivery(document_.events, document_.served, document_.rules)) {
      found.push_back(std::string(finding.name()) + ": " + finding.words);
    }
    return found;
  }

  HistoryDocument document_;
  uint64_t sequence_ = 0;
};

TEST_F(DeliveryTest, WhatIsHeardSoonIsClean) {
  Opened(0);
  Told(100, 1), Heard(110, 1);
  Told(200, 2), Heard(2100, 2);
  Told(300, 40, true), Heard(2290, 40, true);

  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(DeliveryTest, StatusesInBetweenMayBeSkipped) {
  Opened(0);
  Told(100, 1), Told(200, 2), Told(300, 3), Heard(310, 3);

  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(DeliveryTest, FindsALateStatus) {
  Opened(0);
  Told(100, 1), Heard(2200, 1);

  EXPECT_THAT(Findings(), ElementsAre(HasSubstr("late: heard of 1 utterances 2.1s after")));
}

TEST_F(DeliveryTest, FindsALostStatus) {
  Opened(0);
  Told(100, 1), Heard(110, 1), Told(200, 2);

  EXPECT_THAT(Findings(), ElementsAre(HasSubstr("lost: never heard of 2 utterances")));
}

TEST_F(DeliveryTest, FindsAMissingTerminalStatus) {
  Opened(0);
  Told(100, 1), Heard(110, 1), Told(200, 1, true);

  EXPECT_THAT(Findings(), ElementsAre(HasSubstr("missing terminal: never heard")));
}

TEST_F(DeliveryTest, FindsAStatusThatThePlatformHadNotToldYet) {
  Opened(0);
  Told(100, 1), Heard(110, 2), Told(200, 2), Heard(210, 40, true);

  EXPECT_THAT(Findings(), ElementsAre(HasSubstr("invented: event 1: 2 utterances"),
                                      HasSubstr("invented: event 2: the terminal status")));
}

TEST_F(DeliveryTest, TimeWithoutAStreamDoesNotCount) {
  Opened(0);
  Ended(50, 14);
  Told(100, 1);
  Opened(9000);
  Heard(9100, 1);

  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(DeliveryTest, FindsWhatIsLateAfterAReconnect) {
  Opened(0);
  Ended(50, 14);
  Told(100, 1);
  Opened(9000);
  Heard(11'100, 1);

  EXPECT_THAT(Findings(), ElementsAre(HasSubstr("late")));
}

TEST_F(DeliveryTest, WhatWasDueAfterTheEndOfRecordingIsNotJudged) {
  Opened(0);
  Told(100, 1);
  document_.rules.closed = At(1000);

  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(DeliveryTest, NobodyMustHearOfAnAnswerThatGoesBackOrIsFaulty) {
  Opened(0);
  Told(100, 5), Heard(110, 5);
  Told(200, 4);
  Told(300, 9), document_.served.back().faulty = true;

  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(DeliveryTest, TheLogOfTheSimulatorIsRead) {
  const AnswersByRun answers = AnswersFromLog(nlohmann::json::parse(R"([
    {"run": "a", "status": 200, "state": "running", "ran": 3, "monotonic_ms": 10.5,
     "answered_monotonic_ms": 11.5},
    {"run": "a", "status": 200, "state": "completed", "ran": 40, "monotonic_ms": 20,
     "answered_monotonic_ms": 21, "fault": "older"},
    {"run": "a", "status": 503, "monotonic_ms": 30, "answered_monotonic_ms": 31, "fault": "http"},
    {"run": "a", "status": 200, "state": "running", "ran": 4, "monotonic_ms": 40}])"));

  ASSERT_EQ(answers.at("a").size(), 2U);
  EXPECT_EQ(answers.at("a")[0].done, 3);
  EXPECT_EQ(answers.at("a")[0].answered, absl::UnixEpoch() + absl::Microseconds(11'500));
  EXPECT_TRUE(answers.at("a")[1].terminal);
  EXPECT_TRUE(answers.at("a")[1].faulty);
}

}  // namespace
}  // namespace runcast::history
