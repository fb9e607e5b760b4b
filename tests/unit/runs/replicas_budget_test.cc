// A run's budget travels with it: whoever owns it, neither window is ever exceeded.

#include "tests/unit/runs/replicas_fixture.h"

namespace runcast::runs {
namespace {

using base::MonotonicTime;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const MonotonicTime kStart = MonotonicTime::FromOrigin(absl::Hours(5));

RateBudget Fresh() { return RateBudget(BudgetLimits::FromPlatform(60, 1800, 1), {}); }

TEST(TravellingBudgetTest, WhatWasExportedCountsTheSameWhereItIsImported) {
  RateBudget here = Fresh();
  for (int i = 0; i < 500; ++i) {
    const MonotonicTime at = kStart + absl::Milliseconds(2100.3) * i;
    here.OnSend(at);
    here.OnAnswer(at + absl::Milliseconds(50));
  }
  const MonotonicTime now = kStart + absl::Milliseconds(2100) * 500;
  RateBudget there = Fresh();
  there.Import(here.Export(now));

  EXPECT_EQ(there.UsedInHour(now), here.UsedInHour(now));
  EXPECT_EQ(there.UsedInMinute(now), here.UsedInMinute(now));
  EXPECT_EQ(there.EarliestSend(now), here.EarliestSend(now));
}

TEST(TravellingBudgetTest, TheSameSendToldTwiceCountsOnce) {
  RateBudget budget = Fresh();
  SendTimes added;
  for (int i = 0; i < 100; ++i) {
    budget.OnSend(kStart + absl::Seconds(2.0001) * i);
    budget.OnAnswer(kStart + absl::Seconds(2.0001) * i, &added);
  }
  const MonotonicTime now = kStart + absl::Seconds(300);
  budget.Import(added);
  budget.Import(budget.Export(now));

  EXPECT_EQ(budget.UsedInHour(now), 100);
}

TEST(TravellingBudgetTest, ARequestAndItsRepetitionAreTwoSends) {
  RateBudget budget = Fresh();
  budget.OnSend(kStart);
  budget.OnSend(kStart);
  SendTimes added;
  budget.OnAnswer(kStart + absl::Seconds(1), &added);
  ASSERT_THAT(added, SizeIs(2));
  EXPECT_LT(added[0], added[1]);

  RateBudget there = Fresh();
  there.Import(added);
  EXPECT_EQ(there.UsedInMinute(kStart + absl::Seconds(1)), 2);
}

TEST(TravellingBudgetTest, SendsFromBeforeTheFirstOfThisLogAreTakenIn) {
  RateBudget budget = Fresh();
  budget.OnSend(kStart);
  budget.OnAnswer(kStart);
  budget.Import(
      {kStart - absl::Minutes(30), kStart - absl::Minutes(70), kStart + absl::Seconds(5)});

  EXPECT_EQ(budget.UsedInHour(kStart + absl::Seconds(1)), 3) << "one has expired, one lies ahead";
  EXPECT_EQ(budget.OldestSend(), kStart - absl::Minutes(70));
  EXPECT_EQ(budget.UsedInHour(kStart + absl::Minutes(31)), 2);
}

TEST(TravellingBudgetTest, ASendWithoutAnAnswerIsExportedAsAnsweredNow) {
  RateBudget budget = Fresh();
  budget.OnSend(kStart);

  EXPECT_THAT(budget.Export(kStart + absl::Seconds(3)), ElementsAre(kStart + absl::Seconds(3)));
  EXPECT_THAT(Fresh().Export(kStart), IsEmpty());
}

TEST_F(ReplicasTest, NoWindowIsExceededWhoeverIsKilledHoweverOften) {
  options_.policy.early_period = absl::Hours(1);  // Spends the surplus at once.
  total_ = 100;
  step_ = absl::Seconds(36);  // And the end is near now and then.
  for (int i = 0; i < 3; ++i) Start();
  FollowEverywhere(RunOf("tr-1"));
  for (int i = 0; i < 30; ++i) {
    Advance(absl::Minutes(2));
    if (Replica* owner = OwnerOf("tr-1")) Kill(*owner);
    Follow(Start(), RunOf("tr-1"));
  }

  ExpectBudgetHolds("tr-1");
}

TEST_F(ReplicasTest, ANewReplicaHasTheSurplusOfARunThatNobodyPolled) {
  LetEngineRemember(absl::Hours(2));
  SpendAllAtFirst();
  Start();
  FollowEverywhere(RunOf("tr-1"));
  Advance(absl::Seconds(60));

  EXPECT_GE(Sends("tr-1").size(), 50u) << "every second at first";
}

TEST_F(ReplicasTest, WhatTheEngineForgotIsTakenAsSpent) {
  SpendAllAtFirst();
  for (int i = 0; i < 8; ++i) {
    Replica& replica = Start();
    Follow(replica, RunOf("tr-1"));
    Advance(absl::Minutes(7));
    Kill(replica);
    engine_.Forget();
  }
  Follow(Start(), RunOf("tr-1"));
  Advance(absl::Hours(1));

  ExpectBudgetHolds("tr-1");
}

TEST_F(ReplicasTest, AnEngineThatForgetsGetsTheWholeLogBackFromTheOwner) {
  Replica& first = Start();
  Replica& second = Start();
  FollowEverywhere(RunOf("tr-1"));
  // Not in the few moments in which the other one would ask first.
  Advance(absl::Minutes(50) + absl::Seconds(1));
  ASSERT_EQ(OwnerOf("tr-1"), &first);
  engine_.Forget();
  Advance(absl::Seconds(30));
  ASSERT_EQ(OwnerOf("tr-1"), &first);
  Kill(first);
  Advance(absl::Minutes(90));

  EXPECT_EQ(OwnerOf("tr-1"), &second);
  ExpectBudgetHolds("tr-1");
}

TEST_F(ReplicasTest, WhoeverAsksFirstAfterAnEngineForgotSpendsNothingTwice) {
  SpendAllAtFirst();
  Follow(Start(), RunOf("tr-1"));
  for (int i = 0; i < 8; ++i) {
    Replica& owner = *OwnerOf("tr-1");
    Replica& other = Start();
    owner.coordination->SetCut(true);
    engine_.Forget();
    Follow(other, RunOf("tr-1"));
    Advance(absl::Seconds(15));
    ASSERT_EQ(OwnerOf("tr-1"), &other);
    owner.coordination->SetCut(false);
    Advance(absl::Minutes(6));
    Kill(owner);
  }
  Advance(absl::Hours(1));

  ExpectBudgetHolds("tr-1");
}

TEST_F(ReplicasTest, AnEngineThatIsRestartedEmptyGetsTheWholeLogBackFromTheOwner) {
  Replica& owner = Start();
  Follow(owner, RunOf("tr-1"));
  Advance(absl::Minutes(50));
  engine_.SetDown(true);
  Advance(absl::Seconds(5));
  engine_.Forget();
  engine_.SetDown(false);
  Advance(absl::Seconds(20));

  ASSERT_EQ(OwnerOf("tr-1"), &owner);
  EXPECT_GE(engine_.Find("tr-1")->sends.size() + 1, Sends("tr-1").size());
}

TEST_F(ReplicasTest, BorrowedSendsCountAlsoWhenTheAnswerThatTellsOfThemIsLost) {
  Replica& owner = Start();
  Replica& other = Start();
  LetEngineRemember(absl::Hours(2));
  Follow(owner, RunOf("tr-1"));
  Follow(other, RunOf("tr-1"));
  Advance(absl::Seconds(30));
  ASSERT_EQ(OwnerOf("tr-1"), &owner);
  other.poll_loop->Read(&other.follower, 1,
                        ReadRequest{RunOf("tr-1"), "caller", absl::Seconds(5), true});
  Advance(absl::Milliseconds(200));
  ASSERT_EQ(other.client->sends_for("tr-1"), 1);
  engine_.LoseNextPublishAnswer();
  Advance(absl::Seconds(8));

  const auto entry = owner.poll_loop->table().Find(RunOf("tr-1"));
  EXPECT_GE(entry->vitals.budget.hour, owner.client->sends_for("tr-1") + 1);
  EXPECT_THAT(engine_.Find("tr-1")->borrowed, IsEmpty()) << "it has been heard of in the end";
}

TEST_F(ReplicasTest, AReplicaThatIsCutOffForLongCostsTheOthersItsShare) {
  for (int i = 0; i < 3; ++i) Start();
  FollowEverywhere(RunOf("tr-1"));
  Advance(absl::Minutes(20));
  FollowerOf("tr-1").coordination->SetCut(true);
  Advance(absl::Minutes(59));

  ExpectBudgetHolds("tr-1");
}

TEST_F(ReplicasTest, AnEngineThatFlapsForAnHourSpendsNothingTwice) {
  for (int i = 0; i < 3; ++i) Start();
  FollowEverywhere(RunOf("tr-1"));
  for (int i = 0; i < 100; ++i) {
    Advance(absl::Seconds(20));
    engine_.SetDown(true);
    Advance(absl::Seconds(10 + i % 7));
    engine_.SetDown(false);
  }

  ExpectBudgetHolds("tr-1");
  for (const auto& replica : replicas_) ExpectInOrder(*replica);
}

}  // namespace
}  // namespace runcast::runs
