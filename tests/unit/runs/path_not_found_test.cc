// 404 in no form of the platform: a proxy that finds no way to it, or perhaps a run that is not
// there.

#include "tests/unit/runs/poll_loop_fixture.h"

namespace runcast::runs {
namespace {

using testing::SizeIs;
using upstream::PollFailureKind;

class PathNotFoundTest : public PollLoopTest {
 protected:
  PathNotFoundTest() {
    options_.feed.not_found_grace = absl::Seconds(10);
    Restart();
  }
};

TEST_F(PathNotFoundTest, ARunThatWasSeenIsStaleUntilThePlatformIsThereAgain) {
  AnswerAll(RunningAnswer(1));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(1));
  AnswerAll(FailureOf(PollFailureKind::kPathNotFound));
  loop_.AdvanceBy(absl::Minutes(1));

  EXPECT_THAT(follower_.Ends("tr-1"), SizeIs(0));
  EXPECT_EQ(Freshness(), v1::Freshness::STATE_STALE);
  EXPECT_EQ(StaleReason(), "UPSTREAM_PROTOCOL");
  EXPECT_EQ(Outcomes(telemetry::PollOutcome::kNotFound), 0);

  AnswerAll(CompletedAnswer());
  loop_.AdvanceBy(absl::Seconds(5));
  EXPECT_TRUE(Newest()->terminal());
}

TEST_F(PathNotFoundTest, ARunThatWasNotSeenIsNotFoundAfterTheGrace) {
  AnswerAll(FailureOf(PollFailureKind::kPathNotFound));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Seconds(9));
  EXPECT_THAT(follower_.Ends("tr-1"), SizeIs(0));
  loop_.AdvanceBy(absl::Seconds(5));

  ASSERT_THAT(follower_.Ends("tr-1"), SizeIs(1));
  EXPECT_EQ(follower_.Ends("tr-1")[0].reason, Reason::kRunNotFound);
  const uint64_t read = Read(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Seconds(1));
  EXPECT_EQ(follower_.Answer(read).error.reason, Reason::kRunNotFound);
}

TEST_F(PathNotFoundTest, AMistypedRunIsNotPolledOnceItsWatchHasEnded) {
  AnswerAll(FailureOf(PollFailureKind::kPathNotFound));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Seconds(15));
  ASSERT_THAT(follower_.Ends("tr-1"), SizeIs(1));
  Unfollow(KeyOf("tr-1"));  // The loop's answer when nobody of it had resumed.
  const int sends = client_->sends_for("tr-1");
  loop_.AdvanceBy(absl::Minutes(1));

  EXPECT_EQ(client_->sends_for("tr-1"), sends);
}

TEST_F(PathNotFoundTest, AWatchThatResumedHearsOfTheEndAllTheSame) {
  AnswerAll(FailureOf(PollFailureKind::kPathNotFound));
  Follow(KeyOf("tr-1"), /*resumed=*/true);
  loop_.AdvanceBy(absl::Minutes(2));

  ASSERT_THAT(follower_.Ends("tr-1"), SizeIs(1));
  EXPECT_TRUE(follower_.Ends("tr-1")[0].spares_resumed);

  AnswerAll(CompletedAnswer());
  loop_.AdvanceBy(absl::Seconds(10));
  ASSERT_NE(Newest(), nullptr) << "the hub still knows the follower";
  EXPECT_TRUE(Newest()->terminal());
}

TEST_F(PathNotFoundTest, WhoComesMeanwhileIsToldTheSame) {
  fakes::FakeFollower late;
  AnswerAll(FailureOf(PollFailureKind::kPathNotFound));
  Follow(KeyOf("tr-1"), /*resumed=*/true);
  loop_.AdvanceBy(absl::Minutes(1));
  poll_loop_->Follow(&late, FollowRequest{KeyOf("tr-1"), "caller", true});
  loop_.RunUntilIdle();

  ASSERT_THAT(late.Ends("tr-1"), SizeIs(1));
  EXPECT_EQ(late.Ends("tr-1")[0].reason, Reason::kRunNotFound);
  EXPECT_TRUE(late.Ends("tr-1")[0].spares_resumed);

  AnswerAll(RunningAnswer(7));
  loop_.AdvanceBy(absl::Seconds(10));
  EXPECT_THAT(late.Snapshots("tr-1"), SizeIs(1)) << "and is a follower like the others";
}

TEST_F(PathNotFoundTest, WordsOfThePlatformEndTheResumedToo) {
  AnswerAll(FailureOf(PollFailureKind::kPathNotFound));
  Follow(KeyOf("tr-1"), /*resumed=*/true);
  loop_.AdvanceBy(absl::Minutes(1));
  AnswerAll(FailureOf(PollFailureKind::kRunNotFound));
  loop_.AdvanceBy(absl::Seconds(10));

  ASSERT_THAT(follower_.Ends("tr-1"), SizeIs(2));
  EXPECT_FALSE(follower_.Ends("tr-1")[1].spares_resumed);
}

TEST_F(PollLoopTest, WhoIsToldThatThereIsNoSuchRunHasGoodCredentials) {
  Follow(KeyOf("tr-1"));
  Answer("tr-1", FailureOf(PollFailureKind::kRunNotFound));
  AnswerAll(FailureOf(PollFailureKind::kCredentials));
  Follow(KeyOf("tr-2"));
  loop_.AdvanceBy(absl::Minutes(2));

  EXPECT_THAT(follower_.Ends("tr-2"), SizeIs(0)) << "somebody may mend them";
  EXPECT_EQ(StaleReason("tr-2"), "UPSTREAM_CREDENTIALS");
}

}  // namespace
}  // namespace runcast::runs
