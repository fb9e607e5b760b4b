// What stays open, and what is told, while the platform gives no good answers or odd ones.
// Sources: contract, WatchRun, 6 and 7, and "Errors"; upstream reference, section 4.4.

#include <set>

#include "absl/strings/str_cat.h"
#include "tests/unit/runs/poll_loop_fixture.h"

namespace runcast::runs {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;
using upstream::PollFailureKind;

struct Outage {
  const char* name;
  PollFailureKind failure;
  Reason reason;
  bool known;  // Whether the run was seen before.
};
void PrintTo(const Outage& outage, std::ostream* out) { *out << outage.name; }

class OutageTest : public PollLoopTest, public testing::WithParamInterface<Outage> {};

TEST_P(OutageTest, WatchesStayOpenUntilTheLimitAndThenEnd) {
  const Outage& outage = GetParam();
  if (outage.known) {
    AnswerAll(RunningAnswer(1));
    Follow(KeyOf("tr-1"));
    loop_.AdvanceBy(absl::Minutes(1));
  }
  AnswerAll(FailureOf(outage.failure));
  if (!outage.known) Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(15) - absl::Seconds(1));
  EXPECT_THAT(follower_.Ends("tr-1"), IsEmpty());
  EXPECT_EQ(Freshness(),
            outage.known ? v1::Freshness::STATE_STALE : v1::Freshness::STATE_NEVER_SEEN);
  EXPECT_EQ(StaleReason(), ReasonName(outage.reason));
  loop_.AdvanceBy(absl::Seconds(10));

  ASSERT_THAT(follower_.Ends("tr-1"), SizeIs(1));
  EXPECT_EQ(follower_.Ends("tr-1")[0].reason, outage.reason);
  EXPECT_TRUE(follower_.Ends("tr-1")[0].after_upstream);
  EXPECT_GT(follower_.Ends("tr-1")[0].retry_after, absl::ZeroDuration());
}

INSTANTIATE_TEST_SUITE_P(
    Contract, OutageTest,
    testing::Values(
        Outage{"SeenThenDown", PollFailureKind::kUnavailable, Reason::kUpstreamUnavailable, true},
        Outage{"SeenThenNonsense", PollFailureKind::kProtocol, Reason::kUpstreamProtocol, true},
        Outage{"SeenThenRejected", PollFailureKind::kRejected, Reason::kUpstreamProtocol, true},
        Outage{"SeenThenNoWay", PollFailureKind::kPathNotFound, Reason::kUpstreamProtocol, true},
        Outage{"NeverSeenDown", PollFailureKind::kUnavailable, Reason::kUpstreamUnavailable, false},
        Outage{"NeverSeenNonsense", PollFailureKind::kProtocol, Reason::kUpstreamProtocol, false},
        Outage{"NeverSeenRejected", PollFailureKind::kRejected, Reason::kUpstreamProtocol, false}),
    [](const auto& outage) { return std::string(outage.param.name); });

TEST_F(PollLoopTest, AnotherReasonOfStalenessIsAStatusOfItsOwn) {
  AnswerAll(RunningAnswer(1));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(1));
  AnswerAll(FailureOf(PollFailureKind::kUnavailable));
  loop_.AdvanceBy(absl::Seconds(10));
  AnswerAll(FailureOf(PollFailureKind::kProtocol));
  loop_.AdvanceBy(absl::Seconds(10));

  const std::vector<SnapshotPtr> snapshots = follower_.Snapshots("tr-1");
  ASSERT_THAT(snapshots, SizeIs(3)) << "fresh, stale, stale for another reason";
  const v1::Freshness& first = snapshots[1]->status().freshness();
  const v1::Freshness& second = snapshots[2]->status().freshness();
  EXPECT_EQ(first.state(), v1::Freshness::STATE_STALE);
  EXPECT_EQ(first.reason(), "UPSTREAM_UNAVAILABLE");
  EXPECT_EQ(second.state(), v1::Freshness::STATE_STALE);
  EXPECT_EQ(second.reason(), "UPSTREAM_PROTOCOL");
  EXPECT_EQ(FromTimestamp(second.stale_since()), FromTimestamp(first.stale_since()));
  for (size_t i = 0; i < snapshots.size(); ++i) {
    EXPECT_EQ(snapshots[i]->status().sequence(), i + 1);
  }
}

TEST_F(PollLoopTest, ARunWhoseWordNobodyKnowsIsPolledSlowlyStaysOpenAndIsNotStale) {
  upstream::PollAnswer odd = RunningAnswer(1);
  odd.status.set_state(v1::RUN_STATE_UNKNOWN);
  odd.status.set_raw_state("hibernating");
  AnswerAll(odd);
  Follow(KeyOf("tr-1"));
  for (int minute = 0; minute < 5; ++minute) {
    loop_.AdvanceBy(absl::Minutes(1));
    EXPECT_EQ(Freshness(), v1::Freshness::STATE_FRESH);
  }

  EXPECT_THAT(client_->sends_for("tr-1"), AllOf(Ge(28), Le(32)));
  EXPECT_THAT(follower_.Ends("tr-1"), IsEmpty());
  ASSERT_THAT(follower_.Snapshots("tr-1"), SizeIs(1));
  EXPECT_EQ(Newest()->status().state(), v1::RUN_STATE_UNKNOWN);
  EXPECT_EQ(Newest()->status().raw_state(), "hibernating");
  EXPECT_FALSE(Newest()->terminal());
}

TEST_F(PollLoopTest, CredentialsThatWorkedForOneRunPassForAnotherOfItsStreamId) {
  const base::RunKey elsewhere{"st-2", "smoke", "tr-9", ""};
  Read(KeyOf("tr-1"));
  Answer("tr-1", RunningAnswer(1));
  AnswerAll(FailureOf(PollFailureKind::kCredentials));
  Read(KeyOf("tr-2"));
  Read(elsewhere);
  Follow(KeyOf("tr-3"));
  loop_.AdvanceBy(absl::Minutes(2));
  const uint64_t read = Read(KeyOf("tr-2"));
  const uint64_t other = Read(elsewhere);
  loop_.AdvanceBy(absl::Seconds(1));

  ASSERT_TRUE(follower_.HasAnswer(read));
  EXPECT_EQ(follower_.Answer(read).error.reason, Reason::kUpstreamCredentials);
  EXPECT_TRUE(follower_.Answer(read).error.passing);
  EXPECT_THAT(follower_.Ends("tr-3"), IsEmpty());
  EXPECT_EQ(StaleReason("tr-3"), "UPSTREAM_CREDENTIALS");
  ASSERT_TRUE(follower_.HasAnswer(other));
  EXPECT_FALSE(follower_.Answer(other).error.passing) << "where they never worked";
}

TEST_F(PollLoopTest, EveryFeedHasARandomEpochOfItsOwnAndCountsFromOne) {
  std::set<uint64_t> epochs;
  for (int process = 0; process < 2; ++process) {
    Restart(/*seed=*/std::nullopt);
    AnswerAll(RunningAnswer(1));
    for (const char* run : {"tr-1", "tr-2", "tr-3"}) {
      Follow(KeyOf(run));
      loop_.AdvanceBy(absl::Seconds(1));
      epochs.insert(Newest(run)->status().epoch());
      EXPECT_EQ(Newest(run)->status().sequence(), 1u);
    }
    // The first one is forgotten, and followed again.
    Unfollow(KeyOf("tr-1"));
    loop_.AdvanceBy(absl::Minutes(2));
    Follow(KeyOf("tr-1"));
    loop_.AdvanceBy(absl::Seconds(1));
    epochs.insert(Newest("tr-1")->status().epoch());
    EXPECT_EQ(Newest("tr-1")->status().sequence(), 1u);
  }

  EXPECT_THAT(epochs, SizeIs(8));
  EXPECT_GT(*epochs.rbegin(), uint64_t{1} << 60) << "of 64 bits";
}

TEST_F(PollLoopTest, OneFailedPollChangesNothingThatIsSeen) {
  Follow(KeyOf("tr-1"));
  Answer("tr-1", RunningAnswer(1));
  loop_.AdvanceBy(absl::Milliseconds(2200));
  Answer("tr-1", FailureOf(PollFailureKind::kUnavailable));
  loop_.AdvanceBy(absl::Milliseconds(2200));
  Answer("tr-1", RunningAnswer(1));

  EXPECT_THAT(follower_.Snapshots("tr-1"), SizeIs(1));
}

TEST_F(PollLoopTest, TwoFailuresMarkTheRunStaleAndOneGoodAnswerFresh) {
  AnswerAll(RunningAnswer(1));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(2));
  const absl::Time outage = loop_.clock().WallNow();
  AnswerAll(FailureOf(PollFailureKind::kUnavailable));
  loop_.AdvanceBy(absl::Milliseconds(4300));

  ASSERT_EQ(Newest()->status().freshness().state(), v1::Freshness::STATE_STALE);
  EXPECT_EQ(Newest()->status().freshness().reason(), "UPSTREAM_UNAVAILABLE");
  EXPECT_GE(FromTimestamp(Newest()->status().freshness().stale_since()), outage);
  EXPECT_EQ(Newest()->status().progress().utterances_done(), 1) << "the last known state stays";

  AnswerAll(RunningAnswer(1));
  loop_.AdvanceBy(absl::Milliseconds(2300));
  EXPECT_EQ(Newest()->status().freshness().state(), v1::Freshness::STATE_FRESH);
  EXPECT_THAT(follower_.Snapshots("tr-1"), SizeIs(3)) << "fresh, stale, fresh";
}

TEST_F(PollLoopTest, APollThatHangsMarksTheRunStaleToo) {
  Follow(KeyOf("tr-1"));
  Answer("tr-1", RunningAnswer(1));
  loop_.AdvanceBy(absl::Seconds(6));

  EXPECT_EQ(Newest()->status().freshness().state(), v1::Freshness::STATE_STALE);
}

TEST_F(PollLoopTest, FailingPollsCostNoMoreThanGoodOnes) {
  AnswerAll(RunningAnswer(1));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(2));
  const int before = client_->sends_for("tr-1");
  loop_.AdvanceBy(absl::Minutes(1));
  const int normal = client_->sends_for("tr-1") - before;
  AnswerAll(FailureOf(PollFailureKind::kUnavailable));
  loop_.AdvanceBy(absl::Minutes(1));

  EXPECT_LE(client_->sends_for("tr-1") - before - normal, normal * 1.1);
}

TEST_F(PollLoopTest, WhileNothingIsKnownTheReasonIsTold) {
  AnswerAll(FailureOf(PollFailureKind::kUnavailable));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(1));

  EXPECT_EQ(Freshness(), v1::Freshness::STATE_NEVER_SEEN);
  EXPECT_EQ(StaleReason(), "UPSTREAM_UNAVAILABLE");
  EXPECT_THAT(follower_.Ends("tr-1"), SizeIs(0)) << "the stream stays open";
}

TEST_F(PollLoopTest, RefusedCredentialsEndWatchesOnlyAfterAMinute) {
  AnswerAll(FailureOf(PollFailureKind::kCredentials));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Seconds(55));
  EXPECT_THAT(follower_.Ends("tr-1"), SizeIs(0));
  loop_.AdvanceBy(absl::Seconds(15));

  ASSERT_THAT(follower_.Ends("tr-1"), SizeIs(1));
  EXPECT_EQ(follower_.Ends("tr-1")[0].reason, Reason::kUpstreamCredentials);
  EXPECT_TRUE(follower_.Ends("tr-1")[0].spares_resumed);
}

TEST_F(PollLoopTest, RefusedCredentialsThatWorkedBeforeOnlyMarkTheRunStale) {
  AnswerAll(RunningAnswer(1));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(1));
  AnswerAll(FailureOf(PollFailureKind::kScope));
  loop_.AdvanceBy(absl::Minutes(30));

  EXPECT_THAT(follower_.Ends("tr-1"), SizeIs(0));
  EXPECT_EQ(Newest()->status().freshness().reason(), "UPSTREAM_SCOPE");

  AnswerAll(RunningAnswer(2));
  loop_.AdvanceBy(absl::Seconds(10));
  EXPECT_EQ(Newest()->status().freshness().state(), v1::Freshness::STATE_FRESH)
      << "mended credentials are seen within ten seconds";
}

TEST_F(PollLoopTest, WatchesThatResumedGoOnWithRefusedCredentials) {
  AnswerAll(FailureOf(PollFailureKind::kCredentials));
  Follow(KeyOf("tr-1"), /*resumed=*/true);
  loop_.AdvanceBy(absl::Minutes(2));
  AnswerAll(RunningAnswer(5));
  loop_.AdvanceBy(absl::Seconds(10));

  ASSERT_NE(Newest(), nullptr) << "the hub still knows the follower";
  EXPECT_EQ(Newest()->status().progress().utterances_done(), 5);
}

TEST_F(PollLoopTest, RefusedCredentialsAreForgottenWhenThePlatformFailsOtherwise) {
  fakes::FakeFollower other;
  AnswerAll(FailureOf(PollFailureKind::kCredentials));
  Follow(KeyOf("tr-1"), /*resumed=*/true);
  loop_.AdvanceBy(absl::Minutes(2));
  const int before = follower_.admissions();
  AnswerAll(FailureOf(PollFailureKind::kUnavailable));
  loop_.AdvanceBy(absl::Seconds(20));
  EXPECT_EQ(follower_.admissions(), before + 1) << "new watches of this loop wait again";

  poll_loop_->Follow(&other, FollowRequest{KeyOf("tr-1"), "caller", false});
  loop_.RunUntilIdle();
  EXPECT_EQ(other.admissions(), 1);
  EXPECT_THAT(other.Ends("tr-1"), SizeIs(0)) << "the platform fails, which watches wait through";
}

TEST_F(PollLoopTest, AnOutageWithRefusalsInBetweenEndsWatchesToo) {
  Follow(KeyOf("tr-1"));
  bool turn = false;
  client_->AnswerAllBy(
      [&turn](const base::RunKey&) -> upstream::PollResult {
        turn = !turn;
        upstream::PollFailure failure =
            FailureOf(turn ? PollFailureKind::kUnavailable : PollFailureKind::kThrottled);
        failure.retry_after = absl::Seconds(10);
        return failure;
      },
      absl::Milliseconds(50));
  Answer("tr-1", FailureOf(PollFailureKind::kUnavailable));
  loop_.AdvanceBy(absl::Minutes(14));
  EXPECT_THAT(follower_.Ends("tr-1"), SizeIs(0));
  loop_.AdvanceBy(absl::Minutes(2));
  EXPECT_THAT(follower_.Ends("tr-1"), SizeIs(1));
}

TEST_F(PollLoopTest, ARefusalByRateIsObeyedAndKeepsTheStreamOpen) {
  AnswerAll(RunningAnswer(1));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(1));
  upstream::PollFailure refusal = FailureOf(PollFailureKind::kThrottledMinute);
  refusal.retry_after = absl::Seconds(40);
  AnswerAll(refusal);
  loop_.AdvanceBy(absl::Seconds(3));
  const int sends = client_->sends_for("tr-1");
  AnswerAll(RunningAnswer(2));
  loop_.AdvanceBy(absl::Seconds(36));
  EXPECT_EQ(client_->sends_for("tr-1"), sends) << "not before the time that was told";
  EXPECT_EQ(Newest()->status().freshness().reason(), "RUN_BUDGET_SPENT");
  loop_.AdvanceBy(absl::Seconds(9));

  EXPECT_GT(client_->sends_for("tr-1"), sends);
  EXPECT_EQ(Newest()->status().progress().utterances_done(), 2);
  EXPECT_THAT(follower_.Ends("tr-1"), SizeIs(0));
}

}  // namespace
}  // namespace runcast::runs
