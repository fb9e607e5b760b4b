// What is told of runs that the platform knows no more: contract, "What becomes a new status" and
// "Errors".

#include "tests/unit/runs/poll_loop_fixture.h"

namespace runcast::runs {
namespace {

using testing::Ge;
using testing::IsEmpty;
using testing::SizeIs;
using upstream::PollFailureKind;

class NotFoundTest : public PollLoopTest {
 protected:
  // A watched run at three utterances, which the platform then does not find any more.
  void LoseAWatchedRun() {
    AnswerAll(RunningAnswer(3));
    Follow(KeyOf("tr-1"));
    loop_.AdvanceBy(absl::Minutes(1));
    AnswerAll(FailureOf(PollFailureKind::kRunNotFound));
  }
  // What a reader is told who joins the next poll.
  const ReadAnswer& ReadWithTheNextPoll() {
    const uint64_t read = Read(KeyOf("tr-1"), absl::ZeroDuration());
    for (int i = 0; i < 50 && !follower_.HasAnswer(read); ++i) {
      loop_.AdvanceBy(absl::Milliseconds(100));
    }
    return follower_.Answer(read);
  }
  static void ExpectStale(const ReadAnswer& answer) {
    ASSERT_NE(answer.snapshot, nullptr);
    const v1::RunStatus& status = answer.snapshot->status();
    EXPECT_EQ(status.progress().utterances_done(), 3) << "what is known stays";
    EXPECT_EQ(status.freshness().state(), v1::Freshness::STATE_STALE);
    EXPECT_EQ(status.freshness().reason(), "RUN_NOT_FOUND");
    EXPECT_TRUE(status.freshness().has_stale_since());
  }
};

TEST_F(NotFoundTest, AReaderOfAKnownRunGetsItMarkedStale) {
  Read(KeyOf("tr-1"));
  Answer("tr-1", RunningAnswer(3));
  loop_.AdvanceBy(absl::Seconds(20));
  const uint64_t read = Read(KeyOf("tr-1"));
  Answer("tr-1", FailureOf(PollFailureKind::kRunNotFound));

  ExpectStale(follower_.Answer(read));
}

TEST_F(NotFoundTest, AReaderOfAWatchedRunGetsItMarkedStaleUntilItCountsAsDeleted) {
  LoseAWatchedRun();

  int stale = 0;
  while (ReadWithTheNextPoll().snapshot != nullptr && stale < 20) {
    ExpectStale(follower_.Answer(last_read_));
    EXPECT_THAT(follower_.Ends("tr-1"), IsEmpty());
    ++stale;
  }

  EXPECT_THAT(stale, Ge(3));
  ASSERT_THAT(follower_.Ends("tr-1"), SizeIs(1)) << "watches end with the same poll";
  const RunError& error = follower_.Answer(last_read_).error;
  EXPECT_EQ(error.reason, Reason::kRunDeleted);
  EXPECT_TRUE(error.after_upstream);
}

TEST_F(NotFoundTest, ThatARunIsDeletedIsRememberedForReaders) {
  LoseAWatchedRun();
  for (int i = 0; i < 20 && follower_.Ends("tr-1").empty(); ++i) ReadWithTheNextPoll();
  const int sends = client_->sends_for("tr-1");
  loop_.AdvanceBy(absl::Seconds(4));
  const uint64_t read = Read(KeyOf("tr-1"));

  ASSERT_TRUE(follower_.HasAnswer(read));
  EXPECT_EQ(follower_.Answer(read).snapshot, nullptr);
  EXPECT_EQ(follower_.Answer(read).error.reason, Reason::kRunDeleted);
  EXPECT_FALSE(follower_.Answer(read).error.after_upstream) << "memory told, not the platform";
  EXPECT_EQ(client_->sends_for("tr-1"), sends);

  loop_.AdvanceBy(absl::Seconds(2));
  Read(KeyOf("tr-1"));
  EXPECT_EQ(client_->sends_for("tr-1"), sends + 1) << "forgotten, so asked again";
}

TEST_F(PollLoopTest, AWatchWaitsThroughNotFoundInItsFirstTenSeconds) {
  AnswerAll(FailureOf(PollFailureKind::kRunNotFound));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Seconds(8));
  EXPECT_THAT(follower_.Ends("tr-1"), SizeIs(0));
  EXPECT_EQ(StaleReason(), "RUN_NOT_FOUND");

  AnswerAll(RunningAnswer(1));
  loop_.AdvanceBy(absl::Seconds(3));
  EXPECT_NE(Newest(), nullptr);
}

TEST_F(PollLoopTest, ARunThatStaysUnknownEndsItsWatchAndIsRemembered) {
  AnswerAll(FailureOf(PollFailureKind::kSuiteNotFound));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Seconds(12));
  ASSERT_THAT(follower_.Ends("tr-1"), SizeIs(1));
  EXPECT_EQ(follower_.Ends("tr-1")[0].reason, Reason::kSuiteNotFound);
  const int sends = client_->sends_for("tr-1");

  Follow(KeyOf("tr-1"));
  EXPECT_THAT(follower_.Ends("tr-1"), SizeIs(2)) << "told from memory";
  EXPECT_EQ(client_->sends_for("tr-1"), sends);

  loop_.AdvanceBy(absl::Seconds(30));
  Follow(KeyOf("tr-1"));
  EXPECT_EQ(client_->sends_for("tr-1"), sends + 1) << "forgotten, so asked again";
}

TEST_F(PollLoopTest, ARunDeletedLaterEndsAfterThreeAnswersOverTenSeconds) {
  AnswerAll(RunningAnswer(1));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(1));
  AnswerAll(FailureOf(PollFailureKind::kRunNotFound));
  loop_.AdvanceBy(absl::Seconds(9));
  EXPECT_THAT(follower_.Ends("tr-1"), SizeIs(0));
  EXPECT_EQ(Freshness(), v1::Freshness::STATE_STALE);
  loop_.AdvanceBy(absl::Seconds(5));

  ASSERT_THAT(follower_.Ends("tr-1"), SizeIs(1));
  EXPECT_EQ(follower_.Ends("tr-1")[0].reason, Reason::kRunDeleted);
}

TEST_F(PollLoopTest, AKeptTerminalStatusOutlivesTheRunOnThePlatform) {
  Follow(KeyOf("tr-1"));
  Answer("tr-1", CompletedAnswer());
  for (int i = 0; i < 5; ++i) {
    const uint64_t read = Read(KeyOf("tr-1"), absl::Seconds(5), /*include_report_link=*/true);
    loop_.AdvanceBy(absl::Seconds(4));
    Answer("tr-1", FailureOf(PollFailureKind::kRunNotFound));
    EXPECT_TRUE(follower_.Answer(read).snapshot->terminal());
  }
  fakes::FakeFollower late;
  poll_loop_->Follow(&late, {KeyOf("tr-1"), "caller", false});
  loop_.RunUntilIdle();

  ASSERT_THAT(late.Snapshots("tr-1"), SizeIs(1));
  EXPECT_THAT(late.Ends("tr-1"), SizeIs(0));
}

TEST_F(PollLoopTest, AVariantThatIsNotFoundTakesNoTurns) {
  client_->AnswerAllBy([](const base::RunKey& key) -> upstream::PollResult {
    if (key.language == "xx") return FailureOf(PollFailureKind::kSuiteNotFound);
    return RunningAnswer(1);
  });
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Seconds(5));
  Follow(KeyOf("tr-1", "xx"));
  loop_.AdvanceBy(absl::Minutes(5));

  ASSERT_THAT(follower_.Ends("tr-1"), SizeIs(1)) << "its sibling shows that the run exists";
  EXPECT_EQ(client_->requests_for(KeyOf("tr-1", "xx")), 1);
}

}  // namespace
}  // namespace runcast::runs
