// Several replicas while something fails: gateway/README.md, the table of "Several replicas".

#include "tests/unit/runs/replicas_fixture.h"

namespace runcast::runs {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::Le;

class ReplicasFaultTest : public ReplicasTest {
 protected:
  ReplicasFaultTest() {
    for (int i = 0; i < 3; ++i) Start();
    FollowEverywhere(RunOf("tr-1"));
    Advance(absl::Minutes(5));
    fault_at_ = Now();
  }
  // Everybody who is left has the newest status, saw all in order, and the budget holds.
  void ExpectAllIsWell() {
    for (const auto& replica : replicas_) {
      EXPECT_EQ(Freshness(*replica), v1::Freshness::STATE_FRESH);
      EXPECT_GE(Done(*replica), (Now() - start_) / step_ - 2);
      ExpectInOrder(*replica);
    }
    ExpectBudgetHolds("tr-1");
  }
  // As many sends as one poller makes, within a tenth.
  void ExpectOnePoller(absl::Duration length) {
    const base::MonotonicTime from = Now();
    Advance(length);
    const double interval = absl::FDivDuration(length, absl::Milliseconds(2100));
    EXPECT_THAT(SendsWithin("tr-1", from, length), AllOf(Ge(interval * 0.9), Le(interval * 1.1)));
  }

  base::MonotonicTime fault_at_;
};

TEST_F(ReplicasFaultTest, AKilledOwnerIsReplacedWithinFiveSeconds) {
  Kill(*OwnerOf("tr-1"));
  Advance(absl::Seconds(10));

  EXPECT_LE(LongestGap("tr-1", fault_at_), absl::Seconds(5));
  ASSERT_NE(OwnerOf("tr-1"), nullptr);
  ExpectAllIsWell();
  ExpectOnePoller(absl::Minutes(1));
}

TEST_F(ReplicasFaultTest, AStoppedOwnerSendsNothingWhenItWakesUp) {
  Replica& owner = *OwnerOf("tr-1");
  const int sends = owner.client->sends_for("tr-1");
  owner.loop.Stop();
  Advance(absl::Seconds(30));
  owner.loop.Continue();
  Advance(absl::Seconds(20));

  EXPECT_LE(owner.client->sends_for("tr-1"), sends + 1) << "the one that was on its way";
  EXPECT_LE(LongestGap("tr-1", fault_at_), absl::Seconds(5));
  EXPECT_NE(OwnerOf("tr-1"), &owner);
  ExpectAllIsWell();
  ExpectOnePoller(absl::Minutes(1));
}

TEST_F(ReplicasFaultTest, APlannedStopHandsOverAtOnce) {
  Replica& owner = *OwnerOf("tr-1");
  owner.poll_loop->HandOver();
  Advance(absl::Seconds(10));

  EXPECT_NE(OwnerOf("tr-1"), &owner);
  EXPECT_LE(LongestGap("tr-1", fault_at_), absl::Seconds(3));
  EXPECT_EQ(Freshness(owner), v1::Freshness::STATE_FRESH) << "its watchers see it to the end";
  ExpectAllIsWell();
}

TEST_F(ReplicasFaultTest, AStoppingReplicaKeepsWhatNobodyElseFollows) {
  Follow(*OwnerOf("tr-1"), RunOf("tr-2"));
  Replica& owner = *OwnerOf("tr-2");
  owner.poll_loop->HandOver();
  Advance(absl::Seconds(10));

  EXPECT_EQ(OwnerOf("tr-2"), &owner);
  EXPECT_LE(LongestGap("tr-2", fault_at_ + absl::Seconds(2)), absl::Seconds(3));
  const std::string session = owner.coordination->session();
  Stop(owner);
  Follow(FollowerOf("tr-2"), RunOf("tr-2"));
  ASSERT_NE(OwnerOf("tr-2"), nullptr);
  EXPECT_NE(OwnerOf("tr-2")->coordination->session(), session);
}

TEST_F(ReplicasFaultTest, AnOwnerThatCannotReachThePlatformHandsOver) {
  Replica& owner = *OwnerOf("tr-1");
  owner.platform_cut = true;
  Advance(absl::Seconds(15));

  EXPECT_NE(OwnerOf("tr-1"), &owner);
  EXPECT_EQ(Freshness(owner), v1::Freshness::STATE_FRESH);
  owner.platform_cut = false;
  Advance(absl::Minutes(1));
  ExpectAllIsWell();
}

TEST_F(ReplicasFaultTest, ARunOfItsOwnIsTakenOnByAReplicaThatNobodyAskedForIt) {
  Replica& owner = *OwnerOf("tr-1");
  Follow(owner, RunOf("tr-2"));
  Advance(absl::Seconds(10));
  owner.platform_cut = true;
  Advance(absl::Seconds(20));

  EXPECT_NE(OwnerOf("tr-2"), &owner);
  EXPECT_EQ(Freshness(owner, "tr-2"), v1::Freshness::STATE_FRESH);
  Advance(absl::Minutes(3));
  EXPECT_EQ(Freshness(owner, "tr-2"), v1::Freshness::STATE_FRESH) << "for as long as it takes";
}

TEST_F(ReplicasFaultTest, WhenNobodyReachesThePlatformNothingIsHandedToAndFro) {
  for (const auto& replica : replicas_) replica->platform_cut = true;
  Advance(absl::Minutes(2));
  const base::MonotonicTime healed = Now();
  for (const auto& replica : replicas_) replica->platform_cut = false;
  Advance(absl::Seconds(10));

  uint64_t handovers = 0;
  for (const auto& replica : replicas_) {
    handovers += replica->metrics.coordination_handovers.value();
  }
  EXPECT_LE(handovers, 3u);
  EXPECT_LE(SendsWithin("tr-1", fault_at_, healed - fault_at_), 70);
  ExpectAllIsWell();
}

TEST_F(ReplicasFaultTest, WithoutTheEngineAllTogetherPollAsOneDoes) {
  engine_.SetDown(true);
  Advance(absl::Seconds(20));
  ExpectOnePoller(absl::Minutes(2));
  for (const auto& replica : replicas_) {
    EXPECT_EQ(Freshness(*replica), v1::Freshness::STATE_FRESH);
    EXPECT_GE(replica->client->sends_for("tr-1"), 15);
  }
}

TEST_F(ReplicasFaultTest, TheEnginesReturnMakesOnePollerAgainWithoutGapOrBurst) {
  engine_.SetDown(true);
  Advance(absl::Seconds(60));
  engine_.SetDown(false);
  const base::MonotonicTime back = Now();
  Advance(absl::Seconds(10));

  EXPECT_LE(SendsWithin("tr-1", back, absl::Seconds(10)), 9);
  EXPECT_LE(LongestGap("tr-1", back), absl::Seconds(6.5));
  ExpectAllIsWell();
  ExpectOnePoller(absl::Minutes(2));
}

TEST_F(ReplicasFaultTest, AnEngineThatForgotKeepsOnePoller) {
  engine_.SetDown(true);
  Advance(absl::Seconds(5));
  engine_.Forget();
  engine_.SetDown(false);
  Advance(absl::Seconds(20));

  ExpectAllIsWell();
  ExpectOnePoller(absl::Minutes(2));
}

TEST_F(ReplicasFaultTest, AnEngineThatLostItsLastSecondsKeepsOnePollerAndGoesForward) {
  fakes::FakeEngine::Memory old = engine_.Copy();
  Advance(absl::Seconds(4));
  for (auto& [name, session] : old.sessions) session.renewed = Now();
  engine_.Replace(old);
  Advance(absl::Seconds(20));

  ExpectAllIsWell();
  ExpectOnePoller(absl::Minutes(2));
}

TEST_F(ReplicasFaultTest, AClaimThatTheEngineForgotEndsWithOneOwner) {
  fakes::FakeEngine::Memory old = engine_.Copy();
  Replica& first = *OwnerOf("tr-1");
  first.poll_loop->HandOver();
  Advance(absl::Seconds(5));
  Replica& second = *OwnerOf("tr-1");
  ASSERT_NE(&first, &second);
  for (auto& [name, session] : old.sessions) session.renewed = Now();
  engine_.Replace(old);
  Advance(absl::Seconds(30));

  ExpectAllIsWell();
  ExpectOnePoller(absl::Minutes(1));
}

TEST_F(ReplicasFaultTest, AnOwnerAloneCutFromTheEngineIsReplacedAndGoesSlowly) {
  Replica& owner = *OwnerOf("tr-1");
  owner.coordination->SetCut(true);
  Advance(absl::Seconds(60));

  EXPECT_NE(OwnerOf("tr-1"), &owner);
  EXPECT_LE(SendsWithin("tr-1", fault_at_, absl::Seconds(60)), 60);
  ExpectAllIsWell();
  owner.coordination->SetCut(false);
  Advance(absl::Seconds(10));
  ExpectAllIsWell();
  ExpectOnePoller(absl::Minutes(2));
}

TEST_F(ReplicasFaultTest, AReplicaThatStartsWithoutTheEngineGoesSlowly) {
  options_.expected_pollers = 4;
  engine_.SetDown(true);
  Replica& late = Start();
  Follow(late, RunOf("tr-9"));
  Advance(absl::Minutes(2));

  EXPECT_THAT(late.client->sends_for("tr-9"), AllOf(Ge(13), Le(16)));
  EXPECT_EQ(late.metrics.coordination_engine_up.value(), 0);
  EXPECT_EQ(late.metrics.coordination_replicas.value(), 1) << "so that the alert sees it";
}

TEST_F(ReplicasFaultTest, AMissedRecordIsFoundWithinTwoIntervals) {
  total_ = (Now() - start_) / step_ + 2;
  Advance(absl::Seconds(4));
  for (int i = 0; i < 6; ++i) {
    engine_.LoseNextRecord();
    Advance(absl::Seconds(2));
  }
  Advance(absl::Seconds(16));

  for (const auto& replica : replicas_) {
    EXPECT_TRUE(Newest(*replica)->terminal());
    ExpectInOrder(*replica);
  }
}

TEST_F(ReplicasFaultTest, ARollingRestartLeavesNoGap) {
  for (int i = 0; i < 3; ++i) {
    Replica& next = Start();
    Follow(next, RunOf("tr-1"));
    Replica& old = *replicas_.front();
    old.poll_loop->HandOver();
    Advance(absl::Seconds(10));
    Stop(old);
    Advance(absl::Seconds(5));
  }

  EXPECT_LE(LongestGap("tr-1", fault_at_), absl::Seconds(3.5));
  ExpectAllIsWell();
  ExpectOnePoller(absl::Minutes(1));
}

}  // namespace
}  // namespace runcast::runs
