#include "gateway/runs/poll_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/runs/rate_budget.h"

namespace runcast::runs {
namespace {

using base::MonotonicTime;

const MonotonicTime kNow = MonotonicTime::FromOrigin(absl::Hours(1));

PollPolicy DefaultPolicy() {
  return PollPolicy({}, BudgetLimits::FromPlatform(60, 1800, 1).SustainableInterval());
}

// A budget with more surplus than anybody needs.
int Plenty() { return 1000; }

// A run that has been active for long and was just asked for.
PollSituation LongRunning() {
  PollSituation situation;
  situation.last_send = kNow;
  situation.last_answer = kNow;
  situation.active_since = kNow - absl::Hours(1);
  return situation;
}

TEST(PollPolicyTest, ARunNeverAskedForIsDueAtOnce) {
  EXPECT_LE(DefaultPolicy().Next(PollSituation(), 0, Plenty).due, kNow);
}

TEST(PollPolicyTest, ALongRunIsPolledAtThePaceThatCanBeKeptForEver) {
  for (const double spread : {-1.0, 0.0, 1.0}) {
    const PollPlan plan = DefaultPolicy().Next(LongRunning(), spread, Plenty);
    EXPECT_GE(plan.due - kNow, absl::Milliseconds(2050));
    EXPECT_LE(plan.due - kNow, absl::Milliseconds(2200));
    EXPECT_EQ(plan.due, plan.due_without_surplus);
  }
}

TEST(PollPolicyTest, AYoungRunIsPolledEverySecondFromSurplus) {
  PollSituation situation = LongRunning();
  situation.active_since = kNow - absl::Seconds(10);

  const PollPlan plan = DefaultPolicy().Next(situation, 0, Plenty);

  EXPECT_EQ(plan.due - kNow, absl::Seconds(1));
  EXPECT_EQ(plan.due_without_surplus - kNow, absl::Milliseconds(2100));
}

TEST(PollPolicyTest, ARunThatIsNotKnownAsActiveIsPolledAtBasePace) {
  PollSituation situation = LongRunning();
  situation.active_since = MonotonicTime::InfiniteFuture();

  EXPECT_EQ(DefaultPolicy().Next(situation, 0, Plenty).due - kNow, absl::Milliseconds(2100));
}

// A run whose end is expected between two moments from now on.
PollSituation EndingBetween(absl::Duration earliest, absl::Duration latest) {
  PollSituation situation = LongRunning();
  situation.has_end_hint = true;
  situation.expected_end = EndWindow{kNow + earliest, kNow + latest};
  return situation;
}

TEST(PollPolicyTest, NearThePredictedEndPollsAreDense) {
  const PollPlan plan = DefaultPolicy().Next(EndingBetween(-absl::Seconds(1), absl::Seconds(3)), 0,
                                             [] { return 60; });

  EXPECT_EQ(plan.due - kNow, absl::Milliseconds(250));
  EXPECT_EQ(plan.due_without_surplus - kNow, absl::Milliseconds(2100));
}

TEST(PollPolicyTest, HalfOfTheSurplusIsSpreadOverTheTimeOfTheEnd) {
  // 42 s hold 20 polls at base pace; 10 more make one every 1.4 s.
  const PollPlan plan = DefaultPolicy().Next(EndingBetween(-absl::Seconds(1), absl::Seconds(41)), 0,
                                             [] { return 20; });

  EXPECT_NEAR(absl::ToDoubleSeconds(plan.due - kNow), 1.4, 0.01);
}

TEST(PollPolicyTest, TheFirstDensePollComesWhenTheEndIsPossible) {
  const PollPlan plan =
      DefaultPolicy().Next(EndingBetween(absl::Milliseconds(1500), absl::Seconds(4)), 0, Plenty);

  EXPECT_EQ(plan.due - kNow, absl::Milliseconds(1500));
}

TEST(PollPolicyTest, AnEndThatIsFarOffChangesNothing) {
  const PollPlan plan =
      DefaultPolicy().Next(EndingBetween(absl::Seconds(60), absl::Seconds(70)), 0, Plenty);

  EXPECT_EQ(plan.due - kNow, absl::Milliseconds(2100));
}

TEST(PollPolicyTest, EarlyPollsLeaveSurplusForAnEndThatCanBePredicted) {
  PollSituation situation = LongRunning();
  situation.active_since = kNow - absl::Seconds(10);
  situation.has_end_hint = true;

  EXPECT_EQ(DefaultPolicy().Next(situation, 0, Plenty).due - kNow, absl::Seconds(1));
  EXPECT_EQ(DefaultPolicy().Next(situation, 0, [] { return 30; }).due - kNow,
            absl::Milliseconds(2100));
}

TEST(PollPolicyTest, ThePaceIsRaisedToWhatTheWindowsAllow) {
  const PollPolicy policy({}, BudgetLimits::FromPlatform(60, 1800, 4).SustainableInterval());

  EXPECT_GE(policy.base_interval(), absl::Seconds(8));
}

TEST(PollPolicyTest, AFailedPollIsNotRetriedBeforeTheNextScheduledOne) {
  PollSituation situation = LongRunning();
  situation.active_since = kNow - absl::Seconds(1);
  situation.trouble = PollTrouble::kUnavailable;
  situation.troubles_in_a_row = 5;

  const PollPlan plan = DefaultPolicy().Next(situation, 0, Plenty);

  EXPECT_EQ(plan.due - kNow, absl::Milliseconds(2100));
}

TEST(PollPolicyTest, AnUnknownWordIsAskedForSlowly) {
  PollSituation situation = LongRunning();
  situation.unknown_word = true;

  EXPECT_EQ(DefaultPolicy().Next(situation, 0, Plenty).due - kNow, absl::Seconds(10));
}

TEST(PollPolicyTest, AnEndThatIsNotWholeIsAskedForSoon) {
  PollSituation situation = LongRunning();
  situation.confirming = true;

  EXPECT_EQ(DefaultPolicy().Next(situation, 0, Plenty).due - kNow, absl::Seconds(2));
}

TEST(PollPolicyTest, RefusedCredentialsAreTriedAgainWithinTenSecondsForEver) {
  PollSituation situation = LongRunning();
  situation.trouble = PollTrouble::kRefused;
  for (int troubles = 1; troubles < 1000; troubles += 7) {
    situation.troubles_in_a_row = troubles;
    const absl::Duration wait = DefaultPolicy().Next(situation, 1, Plenty).due - kNow;
    EXPECT_GE(wait, absl::Seconds(2));
    EXPECT_LT(wait, absl::Seconds(10));
  }
}

struct ThrottleCase {
  PollTrouble trouble;
  int in_a_row;
  std::optional<absl::Duration> retry_after;
  absl::Duration least;
};

class PollPolicyThrottleTest : public testing::TestWithParam<ThrottleCase> {};

TEST_P(PollPolicyThrottleTest, WaitsAsToldOrByTheText) {
  const ThrottleCase& param = GetParam();
  PollSituation situation = LongRunning();
  situation.trouble = param.trouble;
  situation.troubles_in_a_row = param.in_a_row;
  situation.retry_after = param.retry_after;
  for (const double spread : {-1.0, 0.0, 1.0}) {
    const PollPlan plan = DefaultPolicy().Next(situation, spread, Plenty);
    EXPECT_GE(plan.due - kNow, param.least);
    EXPECT_LE(plan.due - kNow, param.least * 1.1);
    EXPECT_EQ(plan.due, plan.due_without_surplus) << "surplus does not lift a refusal";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, PollPolicyThrottleTest,
    testing::Values(
        ThrottleCase{PollTrouble::kThrottledMinute, 1, std::nullopt, absl::Seconds(60)},
        ThrottleCase{PollTrouble::kThrottledMinute, 4, std::nullopt, absl::Seconds(60)},
        ThrottleCase{PollTrouble::kThrottledHour, 1, std::nullopt, absl::Minutes(5)},
        ThrottleCase{PollTrouble::kThrottledHour, 3, std::nullopt, absl::Minutes(20)},
        ThrottleCase{PollTrouble::kThrottledHour, 30, std::nullopt, absl::Hours(1)},
        ThrottleCase{PollTrouble::kThrottled, 1, std::nullopt, absl::Seconds(60)},
        ThrottleCase{PollTrouble::kThrottled, 2, std::nullopt, absl::Seconds(120)},
        ThrottleCase{PollTrouble::kThrottled, 99, std::nullopt, absl::Minutes(15)},
        ThrottleCase{PollTrouble::kThrottledHour, 9, absl::Seconds(17), absl::Seconds(17)},
        ThrottleCase{PollTrouble::kThrottledHour, 1, absl::Hours(24), absl::Hours(1)},
        // These say nothing.
        ThrottleCase{PollTrouble::kThrottledHour, 1, absl::ZeroDuration(), absl::Minutes(5)},
        ThrottleCase{PollTrouble::kThrottled, 2, absl::ZeroDuration(), absl::Seconds(120)}));

TEST(PollPolicyTest, KeepsAWaitThatThePlatformAsksForWithOtherTrouble) {
  PollSituation situation = LongRunning();
  situation.trouble = PollTrouble::kUnavailable;
  situation.retry_after = absl::Seconds(33);

  EXPECT_EQ(DefaultPolicy().Next(situation, 0, Plenty).due - kNow, absl::Seconds(33));
}

TEST(PollPolicyTest, KeepsItForAMinuteAtTheMost) {
  PollSituation situation = LongRunning();
  for (const PollTrouble trouble :
       {PollTrouble::kUnavailable, PollTrouble::kRefused, PollTrouble::kRejected}) {
    situation.trouble = trouble;
    situation.retry_after = absl::Hours(24);

    EXPECT_EQ(DefaultPolicy().Next(situation, 0, Plenty).due - kNow, absl::Minutes(1));
  }
}

}  // namespace
}  // namespace runcast::runs
