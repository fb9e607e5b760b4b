#include "gateway/upstream/trouble_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/fakes/recorded_log.h"

namespace runcast::upstream {
namespace {

using Kind = PollFailureKind;
using telemetry::Severity;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

base::RunKey RunOf(const std::string& run_id) { return {"st-1", "smoke", run_id, ""}; }

PollFailure FailureOf(Kind kind, int http_status = 500) {
  return {
      .kind = kind, .message = "status of run tr-1: HTTP 500: oh dear", .http_status = http_status};
}

class TroubleLogTest : public testing::Test {
 protected:
  void Result(const PollResult& result, const std::string& run_id = "tr-1",
              const std::string& credential = "main") {
    troubles_.OnResult(credential, RunOf(run_id), "trace-1", result, clock_difference_, now_);
  }
  void Pass(absl::Duration time) { now_ = now_ + time; }

  fakes::RecordedLog log_;
  TroubleLog troubles_;
  std::optional<absl::Duration> clock_difference_;
  base::MonotonicTime now_ = base::MonotonicTime::FromOrigin(absl::Hours(1));
};

struct EventCase {
  PollFailure failure;
  const char* event;
};
class TroubleEventTest : public TroubleLogTest, public testing::WithParamInterface<EventCase> {};

TEST_P(TroubleEventTest, HasThePlatformsWordsAndTheCredentialsName) {
  PollFailure failure = GetParam().failure;
  failure.message = "status of run tr-1: HTTP 400: words of the platform";
  Result(failure);

  ASSERT_THAT(log_.Names(), ElementsAre(GetParam().event));
  const fakes::RecordedEvent event = log_.All()[0];
  EXPECT_EQ(event.severity, Severity::kWarning);
  EXPECT_THAT(event.message, Not(IsEmpty()));
  EXPECT_EQ(event.fields.at("credential"), "main");
  EXPECT_EQ(event.fields.at("stream"), "st-1");
  EXPECT_EQ(event.fields.at("run"), "tr-1");
  EXPECT_EQ(event.fields.at("trace_id"), "trace-1");
  EXPECT_EQ(event.fields.at("answer"), failure.message);
  EXPECT_EQ(event.fields.at("suppressed"), "0");
}

INSTANTIATE_TEST_SUITE_P(
    All, TroubleEventTest,
    testing::Values(
        EventCase{FailureOf(Kind::kCredentials, 401), "credentials.refused"},
        EventCase{FailureOf(Kind::kCredentials, 0), "credentials.unusable"},
        EventCase{FailureOf(Kind::kScope, 401), "credentials.scope_missing"},
        EventCase{FailureOf(Kind::kUnavailable), "platform.failing"},
        EventCase{FailureOf(Kind::kProtocol, 200), "platform.answer_malformed"},
        EventCase{FailureOf(Kind::kThrottled, 429), "platform.throttled"},
        EventCase{FailureOf(Kind::kThrottledMinute, 429), "platform.throttled"},
        EventCase{FailureOf(Kind::kThrottledHour, 429), "platform.throttled"},
        EventCase{FailureOf(Kind::kRejected, 400), "platform.request_rejected"},
        EventCase{PollFailure{.kind = Kind::kRunNotFound, .http_status = 404, .unexplained = true},
                  "platform.path_unknown"}));

TEST_F(TroubleLogTest, AGoodAnswerAndANotFoundInKnownWordsAreNoTrouble) {
  Result(PollAnswer());
  Result(FailureOf(Kind::kRunNotFound, 400));
  Result(FailureOf(Kind::kSuiteNotFound, 400));
  Result(FailureOf(Kind::kSendRefused, 0));

  EXPECT_THAT(log_.Names(), IsEmpty());
  EXPECT_TRUE(troubles_.is_calm());
}

TEST_F(TroubleLogTest, ARefusalTellsTheDifferenceOfTheClocksIfThePlatformToldItsTime) {
  Result(FailureOf(Kind::kCredentials, 401), "tr-1", "silent");
  clock_difference_ = absl::Milliseconds(-3'600'700);
  Result(FailureOf(Kind::kCredentials, 401), "tr-1", "behind");
  clock_difference_ = absl::Milliseconds(-700);  // `Date` is cut to seconds.
  Result(FailureOf(Kind::kCredentials, 401), "tr-1", "equal");
  Result(FailureOf(Kind::kUnavailable), "tr-1", "equal");

  const auto events = log_.All();
  ASSERT_THAT(events, SizeIs(4));
  EXPECT_EQ(events[0].fields.count("clock_difference_seconds"), 0u);
  EXPECT_EQ(events[1].fields.at("clock_difference_seconds"), "-3600");
  EXPECT_EQ(events[2].fields.at("clock_difference_seconds"), "0");
  EXPECT_EQ(events[3].fields.count("clock_difference_seconds"), 0u) << "only where it explains";
}

TEST_F(TroubleLogTest, ARepeatedTroubleIsToldOnceAMinuteWithACount) {
  for (int i = 0; i < 121; ++i) {
    Result(FailureOf(Kind::kUnavailable), absl::StrCat("tr-", i % 7));
    Pass(absl::Seconds(1));
  }

  const auto events = log_.All("platform.failing");
  ASSERT_THAT(events, SizeIs(3));
  EXPECT_EQ(events[1].fields.at("suppressed"), "59");
  EXPECT_EQ(events[2].fields.at("suppressed"), "59");
}

TEST_F(TroubleLogTest, KindsAndCredentialsAreLimitedEachByItself) {
  Result(FailureOf(Kind::kUnavailable), "tr-1", "main");
  Result(FailureOf(Kind::kUnavailable), "tr-2", "other");
  Result(FailureOf(Kind::kCredentials, 401), "tr-3", "main");

  EXPECT_THAT(log_.Names(),
              ElementsAre("platform.failing", "platform.failing", "credentials.refused"));
}

TEST_F(TroubleLogTest, RecoverySaysAfterHowLongAndAfterWhat) {
  Result(FailureOf(Kind::kUnavailable));
  Pass(absl::Seconds(42));
  Result(FailureOf(Kind::kUnavailable));
  EXPECT_FALSE(troubles_.is_calm());
  Result(PollAnswer());

  ASSERT_THAT(log_.Names(), ElementsAre("platform.failing", "platform.recovered"));
  const fakes::RecordedEvent event = log_.All()[1];
  EXPECT_EQ(event.severity, Severity::kInfo);
  EXPECT_EQ(event.fields.at("after"), "platform.failing");
  EXPECT_EQ(event.fields.at("credential"), "main");
  EXPECT_EQ(event.fields.at("seconds"), "42");
  EXPECT_EQ(event.fields.at("failures"), "2");
  EXPECT_TRUE(troubles_.is_calm());
}

TEST_F(TroubleLogTest, OneBadRunAmongGoodOnesIsOneTrouble) {
  for (int i = 0; i < 50; ++i) {
    Result(FailureOf(Kind::kProtocol), "tr-bad");
    Result(PollAnswer(), "tr-good");
    Pass(absl::Seconds(1));
  }

  EXPECT_THAT(log_.Names(), ElementsAre("platform.answer_malformed"));
}

TEST_F(TroubleLogTest, ARunThatNobodyAsksForAnyMoreEndsItsTroubleLater) {
  Result(FailureOf(Kind::kUnavailable), "tr-gone");
  Pass(absl::Minutes(9));
  Result(PollAnswer(), "tr-good");
  EXPECT_FALSE(troubles_.is_calm());

  Pass(absl::Minutes(2));
  Result(PollAnswer(), "tr-good");
  EXPECT_TRUE(troubles_.is_calm());
}

TEST_F(TroubleLogTest, ATroubleThatWasNotToldIsNotToldToHaveEnded) {
  Result(FailureOf(Kind::kUnavailable));
  Result(PollAnswer());
  Result(FailureOf(Kind::kUnavailable));
  Result(PollAnswer());

  EXPECT_THAT(log_.Names(), ElementsAre("platform.failing", "platform.recovered"));
}

TEST_F(TroubleLogTest, NothingIsRememberedOfRunsThatMayNotExist) {
  PollFailure unknown{.kind = Kind::kRunNotFound, .http_status = 404, .unexplained = true};
  for (int i = 0; i < 5000; ++i) Result(unknown, absl::StrCat("tr-", i));

  EXPECT_THAT(log_.Names(), ElementsAre("platform.path_unknown"));
  EXPECT_THAT(log_.All()[0].message, HasSubstr("upstream.path_prefix"));
  EXPECT_TRUE(troubles_.is_calm());
}

}  // namespace
}  // namespace runcast::upstream
