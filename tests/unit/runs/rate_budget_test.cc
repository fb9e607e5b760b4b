#include "gateway/runs/rate_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace runcast::runs {
namespace {

using base::MonotonicTime;

const MonotonicTime kStart = MonotonicTime::FromOrigin(absl::Hours(5));
constexpr absl::Duration kPace = absl::Milliseconds(2100);

RateBudget FreshBudget() { return RateBudget(BudgetLimits::FromPlatform(60, 1800, 1), {}); }

void SendAndAnswer(RateBudget& budget, MonotonicTime at,
                   absl::Duration took = absl::ZeroDuration()) {
  budget.OnSend(at);
  budget.OnAnswer(at + took);
}

TEST(BudgetLimitsTest, KeepsBackTwoOfTheMinuteAndOnePercentOfTheHour) {
  const BudgetLimits limits = BudgetLimits::FromPlatform(60, 1800, 1);

  EXPECT_EQ(limits.per_minute, 58);
  EXPECT_EQ(limits.per_hour, 1782);
  EXPECT_LT(limits.SustainableInterval(), absl::Milliseconds(2050));
}

TEST(BudgetLimitsTest, PollersShareBothWindows) {
  const BudgetLimits limits = BudgetLimits::FromPlatform(60, 1800, 4);

  EXPECT_LE(limits.per_minute * 4, 58);
  EXPECT_LE(limits.per_hour * 4, 1782);
  EXPECT_GE(BudgetLimits::FromPlatform(60, 1800, 1000).per_minute, 1);
}

TEST(RateBudgetTest, AllowsAWholeMinuteAtOnceAndThenNoMore) {
  RateBudget budget = FreshBudget();
  for (int i = 0; i < 58; ++i) {
    ASSERT_TRUE(budget.Allows(kStart)) << i;
    SendAndAnswer(budget, kStart);
  }

  EXPECT_FALSE(budget.Allows(kStart));
  EXPECT_EQ(budget.EarliestSend(kStart), kStart + absl::Seconds(60));
  EXPECT_TRUE(budget.Allows(kStart + absl::Seconds(60)));
}

TEST(RateBudgetTest, HoldsASlotUntilTheAnswerPlusTheWindow) {
  RateBudget budget = FreshBudget();
  for (int i = 0; i < 57; ++i) SendAndAnswer(budget, kStart);
  SendAndAnswer(budget, kStart, absl::Seconds(7));

  const MonotonicTime later = kStart + absl::Seconds(60);
  EXPECT_EQ(budget.UsedInMinute(later), 1);
  EXPECT_EQ(budget.UsedInMinute(later + absl::Seconds(7)), 0);
}

TEST(RateBudgetTest, ARequestInFlightHoldsItsSlot) {
  RateBudget budget = FreshBudget();
  budget.OnSend(kStart);

  EXPECT_EQ(budget.UsedInMinute(kStart + absl::Hours(2)), 1);
  EXPECT_FALSE(budget.IsEmpty(kStart + absl::Hours(2)));
}

TEST(RateBudgetTest, ARepeatedSendIsCharged) {
  RateBudget budget = FreshBudget();
  budget.OnSend(kStart);
  budget.OnSend(kStart);
  budget.OnAnswer(kStart);

  EXPECT_EQ(budget.UsedInMinute(kStart), 2);
}

TEST(RateBudgetTest, TheHourHoldsWhenTheMinuteWouldNot) {
  RateBudget budget = FreshBudget();
  MonotonicTime now = kStart;
  int sent = 0;
  while (now < kStart + absl::Minutes(59)) {
    now = budget.EarliestSend(now);
    if (now >= kStart + absl::Minutes(59)) break;
    SendAndAnswer(budget, now);
    ++sent;
  }

  EXPECT_EQ(sent, 1782);
}

// The platform's own way of counting, as simple as can be.
class ReferenceWindows {
 public:
  void Arrive(MonotonicTime at) { arrivals_.push_back(at); }
  int MostIn(absl::Duration window) const {
    size_t most = 0;
    for (size_t first = 0, last = 0; last < arrivals_.size(); ++last) {
      while (arrivals_[first] + window <= arrivals_[last]) ++first;
      most = std::max(most, last - first + 1);
    }
    return static_cast<int>(most);
  }

 private:
  std::vector<MonotonicTime> arrivals_;
};

TEST(RateBudgetTest, GreedySendersNeverExceedAnyWindowWhereverTheRequestIsCounted) {
  std::mt19937 random(7);
  for (int round = 0; round < 4; ++round) {
    RateBudget budget = FreshBudget();
    ReferenceWindows platform;
    MonotonicTime now = kStart;
    MonotonicTime last_arrival = now;
    while (now < kStart + absl::Hours(3)) {
      now = budget.EarliestSend(now);
      budget.OnSend(now);
      const absl::Duration took = absl::Milliseconds(std::uniform_int_distribution(0, 900)(random));
      // Anywhere between the send and the answer, but in order: there is one request at a time.
      last_arrival =
          std::max(last_arrival, now + took * std::uniform_real_distribution<double>(0, 1)(random));
      platform.Arrive(last_arrival);
      now = now + took;
      budget.OnAnswer(now);
      if (random() % 50 == 0) now = now + absl::Seconds(random() % 300);
    }
    EXPECT_LE(platform.MostIn(absl::Seconds(60)), 58);
    EXPECT_LE(platform.MostIn(absl::Seconds(3600)), 1782);
  }
}

TEST(RateBudgetTest, ExtraSendsNeverStarveTheScheduleTheyAreBeside) {
  RateBudget budget = FreshBudget();
  MonotonicTime scheduled = kStart;
  int extras = 0;
  for (MonotonicTime now = kStart; now < kStart + absl::Hours(3);
       now = now + absl::Milliseconds(300)) {
    if (now >= scheduled) {
      ASSERT_TRUE(budget.Allows(now)) << absl::FormatDuration(now - kStart);
      SendAndAnswer(budget, now);
      scheduled = scheduled + kPace;
    } else if (budget.Surplus(now, kPace) > 0) {
      SendAndAnswer(budget, now);
      ++extras;
    }
  }

  // What the hour leaves above the pace, each hour: 1782 - 1715.
  EXPECT_GE(extras, 3 * 60);
}

TEST(RateBudgetTest, WithoutSurplusThereIsNoExtraSend) {
  RateBudget budget(BudgetLimits{.per_minute = 58, .per_hour = 1714}, {});

  EXPECT_TRUE(budget.Allows(kStart));
  EXPECT_EQ(budget.Surplus(kStart, kPace), 0);
}

TEST(RateBudgetTest, AssumesThatAnEarlierProcessPolledAtThePace) {
  RateBudget budget(BudgetLimits::FromPlatform(60, 1800, 1), AssumedPast{kStart, kPace});

  EXPECT_EQ(budget.UsedInMinute(kStart), 29);
  EXPECT_EQ(budget.UsedInHour(kStart), 1715);
  EXPECT_EQ(budget.UsedInHour(kStart + absl::Minutes(30)), 858);
  EXPECT_EQ(budget.UsedInHour(kStart + absl::Minutes(60)), 0);
}

TEST(RateBudgetTest, AnAssumedPastLeavesNoSurplus) {
  RateBudget budget(BudgetLimits::FromPlatform(60, 1800, 1), AssumedPast{kStart, kPace});

  EXPECT_TRUE(budget.Allows(kStart));
  EXPECT_EQ(budget.Surplus(kStart + absl::Minutes(59), kPace), 0);
  EXPECT_GT(budget.Surplus(kStart + absl::Minutes(60), kPace), 0);
}

TEST(RateBudgetTest, TheScheduleGoesOnAtThePaceAfterARestart) {
  RateBudget budget(BudgetLimits::FromPlatform(60, 1800, 1), AssumedPast{kStart, kPace});
  for (MonotonicTime now = kStart; now < kStart + absl::Hours(2); now = now + kPace) {
    ASSERT_TRUE(budget.Allows(now)) << absl::FormatDuration(now - kStart);
    SendAndAnswer(budget, now);
  }
}

TEST(RateBudgetTest, ARunYoungerThanTheProcessHasItsWholeBudget) {
  RateBudget budget(BudgetLimits::FromPlatform(60, 1800, 1), AssumedPast{kStart, kPace});

  budget.DropAssumedPast();

  EXPECT_EQ(budget.UsedInHour(kStart), 0);
}

TEST(RateBudgetTest, ALogIsEmptyOnceItsHourIs) {
  RateBudget budget = FreshBudget();
  SendAndAnswer(budget, kStart);

  EXPECT_FALSE(budget.IsEmpty(kStart + absl::Minutes(59)));
  EXPECT_TRUE(budget.IsEmpty(kStart + absl::Minutes(60)));
}

TEST(RateBudgetTest, KeepsCountingAfterManyDaysOfOneRun) {
  RateBudget budget = FreshBudget();
  MonotonicTime now = kStart;
  for (int day = 0; day < 200; ++day) {
    now = now + absl::Minutes(50);
    for (int i = 0; i < 3; ++i) SendAndAnswer(budget, now);
    now = now + absl::Minutes(50);
    for (int i = 0; i < 3; ++i) SendAndAnswer(budget, now);
    ASSERT_EQ(budget.UsedInHour(now), 6) << day;
    now = now + absl::Hours(23);
    SendAndAnswer(budget, now);
    ASSERT_EQ(budget.UsedInHour(now), 1) << day;
  }
}

}  // namespace
}  // namespace runcast::runs
