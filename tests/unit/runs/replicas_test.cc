// Several replicas that are well: one poller per run, and everybody sees the same.

#include "tests/unit/runs/replicas_fixture.h"

namespace runcast::runs {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::Le;
using testing::SizeIs;
using upstream::PollFailureKind;

TEST_F(ReplicasTest, ManyReplicasOfOneRunCostWhatOneCosts) {
  for (int i = 0; i < 3; ++i) Start();
  FollowEverywhere(RunOf("tr-1"));
  Advance(absl::Minutes(60));

  // As one poll loop alone: base pace, and what the early period adds.
  EXPECT_THAT(Sends("tr-1"), SizeIs(AllOf(Ge(1600u), Le(1782u))));
  ExpectBudgetHolds("tr-1");
}

TEST_F(ReplicasTest, FollowersSeeEachNewsAtOnceAndInOrder) {
  for (int i = 0; i < 3; ++i) Start();
  FollowEverywhere(RunOf("tr-1"));
  Advance(absl::Minutes(5));

  const int64_t known = Done(*OwnerOf("tr-1"));
  EXPECT_GE(known, 70);
  for (const auto& replica : replicas_) {
    EXPECT_EQ(Done(*replica), known);
    EXPECT_EQ(Freshness(*replica), v1::Freshness::STATE_FRESH);
    ExpectInOrder(*replica);
  }
}

TEST_F(ReplicasTest, AFreshRunIsFreshForEverybodyWithoutNews) {
  step_ = absl::Hours(10);
  Start();
  Start();
  FollowEverywhere(RunOf("tr-1"));
  Advance(absl::Minutes(10));

  for (const auto& replica : replicas_) EXPECT_THAT(replica->follower.Snapshots("tr-1"), SizeIs(1));
}

TEST_F(ReplicasTest, TheEndReachesEverybodyAndPollingEnds) {
  total_ = 10;
  for (int i = 0; i < 3; ++i) Start();
  FollowEverywhere(RunOf("tr-1"));
  Advance(absl::Minutes(1));
  const size_t sends = Sends("tr-1").size();
  Advance(absl::Minutes(5));

  for (const auto& replica : replicas_) {
    ASSERT_NE(Newest(*replica), nullptr);
    EXPECT_TRUE(Newest(*replica)->terminal());
    ExpectInOrder(*replica);
  }
  EXPECT_EQ(Sends("tr-1").size(), sends);
}

TEST_F(ReplicasTest, AnEndThatIsNotWholeCountsForEverybodyOnceItsOwnerSaysSo) {
  for (int i = 0; i < 3; ++i) Start();
  FollowEverywhere(RunOf("tr-1"));
  Advance(absl::Seconds(20));
  bool told = false;
  answer_ = [&](const base::RunKey& key) -> upstream::PollResult {
    if (std::exchange(told, true)) return fakes::Failure(PollFailureKind::kUnavailable);
    return fakes::BareAnswer(key, v1::RUN_STATE_COMPLETED, "completed", true);
  };
  Advance(absl::Seconds(9));
  for (const auto& replica : replicas_) EXPECT_FALSE(Newest(*replica)->terminal());
  Advance(absl::Seconds(6));

  for (const auto& replica : replicas_) {
    EXPECT_TRUE(Newest(*replica)->terminal());
    ExpectInOrder(*replica);
  }
}

TEST_F(ReplicasTest, ALateFollowerElsewhereOfAnEndedRunGetsTheEndWithoutAPoll) {
  total_ = 2;
  Replica& first = Start();
  Replica& second = Start();
  Follow(first, RunOf("tr-1"));
  Advance(absl::Minutes(5));
  const size_t sends = Sends("tr-1").size();
  Follow(second, RunOf("tr-1"));

  ASSERT_NE(Newest(second), nullptr);
  EXPECT_TRUE(Newest(second)->terminal());
  EXPECT_EQ(Sends("tr-1").size(), sends);
}

TEST_F(ReplicasTest, ARunWithoutFollowersIsLetGoAndTakenOnByWhoFollowsIt) {
  Replica& first = Start();
  Replica& second = Start();
  Follow(first, RunOf("tr-1"));
  Advance(absl::Minutes(1));
  ASSERT_EQ(OwnerOf("tr-1"), &first);
  Follow(second, RunOf("tr-1"));
  first.poll_loop->Unfollow(&first.follower, RunOf("tr-1"));
  const base::MonotonicTime left = Now();
  Advance(absl::Minutes(5));
  EXPECT_EQ(OwnerOf("tr-1"), &first) << "it polls on for the other";
  second.poll_loop->Unfollow(&second.follower, RunOf("tr-1"));
  Advance(absl::Minutes(2));

  EXPECT_EQ(OwnerOf("tr-1"), nullptr);
  EXPECT_LE(LongestGap("tr-1", left) - (Now() - Sends("tr-1").back()), absl::Seconds(3));
}

TEST_F(ReplicasTest, WithoutLingerTooAnOwnerPollsOnForTheOthers) {
  options_.feed.linger = absl::ZeroDuration();
  Replica& first = Start();
  Replica& second = Start();
  Follow(first, RunOf("tr-1"));
  Advance(absl::Minutes(1));
  Follow(second, RunOf("tr-1"));
  ASSERT_EQ(OwnerOf("tr-1"), &first);

  first.poll_loop->Unfollow(&first.follower, RunOf("tr-1"));
  Advance(absl::Minutes(5));

  EXPECT_EQ(OwnerOf("tr-1"), &first);
  EXPECT_EQ(second.client->requests(), 0);
}

TEST_F(ReplicasTest, AVariantThatIsFollowedElsewhereOnlyIsPolledByTheOwnerInTurn) {
  Replica& first = Start();
  Replica& second = Start();
  Follow(first, RunOf("tr-1"));
  Follow(second, RunOf("tr-1", "de"));
  Advance(absl::Minutes(2));

  EXPECT_EQ(second.client->requests(), 0);
  EXPECT_GE(first.client->requests_for(RunOf("tr-1", "de")), 20);
  EXPECT_GE(Done(second), 25);
}

TEST_F(ReplicasTest, ABriefTroubleShowsNowhereAndALongOneEverywhere) {
  Start();
  Start();
  FollowEverywhere(RunOf("tr-1"));
  Advance(absl::Minutes(1));
  int failures = 1;
  answer_ = [&](const base::RunKey& key) -> upstream::PollResult {
    if (failures-- > 0) return fakes::Failure(PollFailureKind::kUnavailable);
    return fakes::RunningAnswer(key, 100, total_);
  };
  Advance(absl::Seconds(10));
  for (const auto& replica : replicas_) {
    for (const SnapshotPtr& snapshot : replica->follower.Snapshots("tr-1")) {
      EXPECT_EQ(snapshot->status().freshness().state(), v1::Freshness::STATE_FRESH);
    }
  }
  failures = 1000;
  Advance(absl::Seconds(10));

  for (const auto& replica : replicas_) {
    EXPECT_EQ(Freshness(*replica), v1::Freshness::STATE_STALE);
    EXPECT_EQ(Newest(*replica)->status().freshness().reason(), "UPSTREAM_UNAVAILABLE");
  }
}

TEST_F(ReplicasTest, ARunThatIsNotFoundEndsForEverybody) {
  Start();
  Start();
  answer_ = [](const base::RunKey&) { return fakes::Failure(PollFailureKind::kRunNotFound); };
  FollowEverywhere(RunOf("tr-1"));
  Advance(absl::Seconds(40));

  for (const auto& replica : replicas_) {
    ASSERT_THAT(replica->follower.Ends("tr-1"), SizeIs(1));
    EXPECT_EQ(replica->follower.Ends("tr-1")[0].reason, Reason::kRunNotFound);
  }
}

TEST_F(ReplicasTest, AReaderOfARunThatIsFollowedElsewhereIsAnsweredFromWhatTravelled) {
  Replica& first = Start();
  Replica& second = Start();
  Follow(first, RunOf("tr-1"));
  Advance(absl::Seconds(30));
  const int sends = first.client->requests();
  second.poll_loop->Read(&second.follower, 7,
                         ReadRequest{RunOf("tr-1"), "caller", absl::Seconds(5)});
  Advance(absl::Seconds(3));

  ASSERT_TRUE(second.follower.HasAnswer(7));
  ASSERT_NE(second.follower.Answer(7).snapshot, nullptr);
  EXPECT_EQ(second.client->requests(), 0);
  EXPECT_LE(first.client->requests(), sends + 3);
}

TEST_F(ReplicasTest, AReaderWhoWantsALinkGetsItWhereTheRunIsNotOwnedAndTheOwnerPaysForIt) {
  Replica& first = Start();
  Replica& second = Start();
  LetEngineRemember(absl::Hours(2));
  answer_ = [&](const base::RunKey& key) {
    upstream::PollAnswer answer = fakes::RunningAnswer(key, 1, 10);
    answer.report_link = base::SecretString("https://platform.example/report?s=QUJD$$");
    return answer;
  };
  Follow(first, RunOf("tr-1"));
  Follow(second, RunOf("tr-1"));
  Advance(absl::Seconds(30));
  ASSERT_EQ(OwnerOf("tr-1"), &first);
  second.poll_loop->Read(&second.follower, 7,
                         ReadRequest{RunOf("tr-1"), "caller", absl::Seconds(5), true});
  Advance(absl::Seconds(1));

  ASSERT_TRUE(second.follower.HasAnswer(7));
  EXPECT_FALSE(second.follower.Answer(7).report_link.empty());
  EXPECT_EQ(second.client->sends_for("tr-1"), 1);
  Advance(absl::Seconds(5));
  const auto entry = first.poll_loop->table().Find(RunOf("tr-1"));
  EXPECT_GE(entry->vitals.budget.hour, first.client->sends_for("tr-1") + 1);
}

TEST_F(ReplicasTest, NoRecordHoldsALink) {
  Replica& owner = Start();
  Replica& other = Start();
  LetEngineRemember(absl::Hours(2));
  answer_ = [&](const base::RunKey& key) {
    upstream::PollAnswer answer = fakes::CompletedAnswer(key, 10);
    if (Now() < start_ + absl::Seconds(30)) answer = fakes::RunningAnswer(key, 1, 10);
    answer.report_link = base::SecretString("https://platform.example/report?s=QUJD$$");
    return answer;
  };
  Follow(owner, RunOf("tr-1"));
  Follow(other, RunOf("tr-1"));
  for (uint64_t i = 0; i < 30; ++i) {
    Replica& reader = i % 2 == 0 ? owner : other;
    reader.poll_loop->Read(&reader.follower, i,
                           ReadRequest{RunOf("tr-1"), "caller", absl::Seconds(5), true});
    Advance(absl::Seconds(2));
    ASSERT_NE(engine_.Find("tr-1"), nullptr);
    for (const auto& [variant, stored] : engine_.Find("tr-1")->records) {
      EXPECT_THAT(stored.record, testing::Not(testing::HasSubstr("platform.example")));
    }
  }

  ASSERT_TRUE(owner.follower.HasAnswer(0));
  EXPECT_FALSE(owner.follower.Answer(0).report_link.empty()) << "there was one to tell";
  EXPECT_TRUE(Newest(other)->terminal());
}

TEST_F(ReplicasTest, WithoutSurplusALinkReaderElsewhereIsToldToComeBack) {
  Replica& first = Start();
  Replica& second = Start();
  // The engine has just begun to remember, so nobody has surplus.
  Follow(first, RunOf("tr-1"));
  Follow(second, RunOf("tr-1"));
  Advance(absl::Seconds(30));
  second.poll_loop->Read(&second.follower, 7,
                         ReadRequest{RunOf("tr-1"), "caller", absl::Seconds(5), true});
  Advance(absl::Seconds(12));

  ASSERT_TRUE(second.follower.HasAnswer(7));
  EXPECT_TRUE(second.follower.Answer(7).report_link.empty());
  EXPECT_EQ(second.client->sends_for("tr-1"), 0);
}

TEST_F(ReplicasTest, AColdReadClaimsTheRunPollsOnceAndLetsItGo) {
  Replica& first = Start();
  Start();
  first.poll_loop->Read(&first.follower, 7, ReadRequest{RunOf("tr-1"), "caller", absl::Seconds(5)});
  Advance(absl::Seconds(2));

  ASSERT_TRUE(first.follower.HasAnswer(7));
  EXPECT_NE(first.follower.Answer(7).snapshot, nullptr);
  EXPECT_EQ(first.client->sends_for("tr-1"), 1);
  EXPECT_EQ(engine_.Find("tr-1")->owner, "");
}

}  // namespace
}  // namespace runcast::runs
