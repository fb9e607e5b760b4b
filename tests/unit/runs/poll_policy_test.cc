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

// A run that has been active for long and was just asked for.
PollSituation LongRunning() {
  PollSituation situation;
  situation.last_send = kNow;
  situation.last_answer = kNow;
  situation.active_since = kNow - absl::Hours(1);
  return situation;
}

TEST(PollPolicyTest, ARunNeverAskedForIsDueAtOnce) {
  EXPECT_LE(DefaultPolicy().Next(PollSituation(), 0).due, kNow);
}

TEST(PollPolicyTest, ALongRunIsPolledAtThePaceThatCanBeKeptForEver) {
  for (const double spread : {-1.0, 0.0, 1.0}) {
    const PollPlan plan = DefaultPolicy().Next(LongRunning(), spread);
    EXPECT_GE(plan.due - kNow, absl::Milliseconds(2050));
    EXPECT_LE(plan.due - kNow, absl::Milliseconds(2200));
    EXPECT_EQ(plan.due, plan.due_without_surplus);
  }
}

TEST(PollPolicyTest, AYoungRunIsPolledEverySecondFromSurplus) {
  PollSituation situation = LongRunning();
  situation.active_since = kNow - absl::Seconds(10);

  const PollPlan plan = DefaultPolicy().Next(situation, 0);

  EXPECT_EQ(plan.due - kNow, absl::Seconds(1));
  EXPECT_EQ(plan.due_without_surplus - kNow, absl::Milliseconds(2100));
}

TEST(PollPolicyTest, ARunThatIsNotKnownAsActiveIsPolledAtBasePace) {
  PollSituation situation = LongRunning();
  situation.active_since = MonotonicTime::InfiniteFuture();

  EXPECT_EQ(DefaultPolicy().Next(situation, 0).due - kNow, absl::Milliseconds(2100));
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

  const PollPlan plan = DefaultPolicy().Next(situation, 0);

  EXPECT_EQ(plan.due - kNow, absl::Milliseconds(2100));
}

TEST(PollPolicyTest, AnUnknownWordIsAskedForSlowly) {
  PollSituation situation = LongRunning();
  situation.unknown_word = true;

  EXPECT_EQ(DefaultPolicy().Next(situation, 0).due - kNow, absl::Seconds(10));
}

TEST(PollPolicyTest, AnEndThatIsNotWholeIsAskedForSoon) {
  PollSituation situation = LongRunning();
  situation.confirming = true;

  EXPECT_EQ(DefaultPolicy().Next(situation, 0).due - kNow, absl::Seconds(2));
}

TEST(PollPolicyTest, RefusedCredentialsAreTriedAgainWithinTenSecondsForEver) {
  PollSituation situation = LongRunning();
  situation.trouble = PollTrouble::kRefused;
  for (int troubles = 1; troubles < 1000; troubles += 7) {
    situation.troubles_in_a_row = troubles;
    const absl::Duration wait = DefaultPolicy().Next(situation, 1).due - kNow;
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
    const PollPlan plan = DefaultPolicy().Next(situation, spread);
    EXPECT_GE(plan.due - kNow, param.least);
    EXPECT_LE(plan.due - kNow, param.least * 1.1);
    EXPECT_EQ(plan.due, plan.due_without_surplus) << "surplus does not lift a refusal";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, PollPolicyThrottleTest,
    testing::Values(ThrottleCase{PollTrouble::kThrottledMinute, 1, std::nullopt, absl::Seconds(60)},
                    ThrottleCase{PollTrouble::kThrottledMinute, 4, std::nullopt, absl::Seconds(60)},
                    ThrottleCase{PollTrouble::kThrottledHour, 1, std::nullopt, absl::Minutes(5)},
                    ThrottleCase{PollTrouble::kThrottledHour, 3, std::nullopt, absl::Minutes(20)},
                    ThrottleCase{PollTrouble::kThrottledHour, 30, std::nullopt, absl::Hours(1)},
                    ThrottleCase{PollTrouble::kThrottled, 1, std::nullopt, absl::Seconds(60)},
                    ThrottleCase{PollTrouble::kThrottled, 2, std::nullopt, absl::Seconds(120)},
                    ThrottleCase{PollTrouble::kThrottled, 99, std::nullopt, absl::Minutes(15)},
                    ThrottleCase{PollTrouble::kThrottledHour, 9, absl::Seconds(17),
                                 absl::Seconds(17)}));

TEST(PollPolicyTest, KeepsAWaitThatThePlatformAsksForWithOtherTrouble) {
  PollSituation situation = LongRunning();
  situation.trouble = PollTrouble::kUnavailable;
  situation.retry_after = absl::Seconds(33);

  EXPECT_EQ(DefaultPolicy().Next(situation, 0).due - kNow, absl::Seconds(33));
}

}  // namespace
}  // namespace runcast::runs
