// What readers may rely on: contract, GetStatus.

#include "absl/strings/str_cat.h"
#include "tests/unit/runs/poll_loop_fixture.h"

namespace runcast::runs {
namespace {

using testing::SizeIs;
using upstream::PollFailureKind;

TEST_F(PollLoopTest, TenThousandColdReadsOfOneRunCostOneCall) {
  for (int i = 0; i < 10'000; ++i) {
    poll_loop_->Read(&follower_, static_cast<uint64_t>(i) + 1,
                     ReadRequest{KeyOf("tr-1"), "caller", absl::Seconds(5), false});
  }
  loop_.RunUntilIdle();
  EXPECT_EQ(follower_.answers_received(), 0);
  Answer("tr-1", RunningAnswer(1));

  EXPECT_EQ(follower_.answers_received(), 10'000);
  EXPECT_EQ(client_->sends_for("tr-1"), 1);
}

TEST_F(PollLoopTest, AReadAloneStartsNoSchedule) {
  Read(KeyOf("tr-1"));
  Answer("tr-1", RunningAnswer(1));
  loop_.AdvanceBy(absl::Minutes(10));

  EXPECT_EQ(client_->sends_for("tr-1"), 1);
}

TEST_F(PollLoopTest, AYoungStatusAnswersAReadFromMemory) {
  Read(KeyOf("tr-1"));
  Answer("tr-1", RunningAnswer(1));
  loop_.AdvanceBy(absl::Seconds(4));
  const uint64_t read = Read(KeyOf("tr-1"));

  ASSERT_TRUE(follower_.HasAnswer(read));
  EXPECT_FALSE(follower_.Answer(read).joined);
  EXPECT_EQ(client_->sends_for("tr-1"), 1);
}

TEST_F(PollLoopTest, AnOldStatusIsAskedForAgain) {
  Read(KeyOf("tr-1"));
  Answer("tr-1", RunningAnswer(1));
  loop_.AdvanceBy(absl::Seconds(6));
  const uint64_t read = Read(KeyOf("tr-1"));
  Answer("tr-1", RunningAnswer(2));

  EXPECT_EQ(follower_.Answer(read).snapshot->status().progress().utterances_done(), 2);
  EXPECT_FALSE(follower_.Answer(read).joined);
}

TEST_F(PollLoopTest, ReadersThatShareAPollAreCountedAsSuch) {
  const uint64_t first = Read(KeyOf("tr-1"));
  const uint64_t second = Read(KeyOf("tr-1"));
  Answer("tr-1", RunningAnswer(1));

  EXPECT_FALSE(follower_.Answer(first).joined);
  EXPECT_TRUE(follower_.Answer(second).joined);
}

TEST_F(PollLoopTest, AReaderThatAcceptsNothingOldCausesAPollAlsoOfAFollowedRun) {
  AnswerAll(RunningAnswer(1));
  loop_.AdvanceBy(absl::Minutes(61));  // So that there is surplus.
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Milliseconds(400));
  const int sends = client_->sends_for("tr-1");
  const uint64_t read = Read(KeyOf("tr-1"), absl::ZeroDuration());
  loop_.AdvanceBy(absl::Milliseconds(100));

  EXPECT_TRUE(follower_.HasAnswer(read));
  EXPECT_EQ(client_->sends_for("tr-1"), sends + 1);
}

TEST_F(PollLoopTest, AReaderOfARunThatIsAskedForSlowlyIsNotToldThatTheBudgetIsSpent) {
  upstream::PollAnswer odd = RunningAnswer(1);
  odd.status.set_state(v1::RUN_STATE_UNKNOWN);
  AnswerAll(odd);
  Read(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Milliseconds(5300));
  const uint64_t read = Read(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Seconds(10));

  ASSERT_TRUE(follower_.HasAnswer(read));
  EXPECT_EQ(follower_.Answer(read).snapshot->status().freshness().reason(), "");
}

TEST_F(PollLoopTest, AReaderOfARunThatNobodyFollowsIsToldWhenNoPollComesSoon) {
  options_.expected_pollers = 10;  // A poll in 20 s.
  Restart();
  AnswerAll(RunningAnswer(1));
  Read(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Seconds(6));
  const uint64_t read = Read(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Seconds(10));

  ASSERT_EQ(client_->sends_for("tr-1"), 1);
  ASSERT_TRUE(follower_.HasAnswer(read));
  const v1::Freshness& freshness = follower_.Answer(read).snapshot->status().freshness();
  EXPECT_EQ(freshness.state(), v1::Freshness::STATE_STALE);
  EXPECT_EQ(freshness.reason(), "RUN_BUDGET_SPENT");
}

TEST_F(PollLoopTest, AFollowedFreshRunAnswersFromMemoryWhateverItsAge) {
  AnswerAll(RunningAnswer(1));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(1));
  const int sends = client_->sends_for("tr-1");
  const uint64_t read = Read(KeyOf("tr-1"), absl::Milliseconds(1));

  EXPECT_TRUE(follower_.HasAnswer(read));
  EXPECT_EQ(client_->sends_for("tr-1"), sends);
}

TEST_F(PollLoopTest, ARunThatNobodyFollowedForAWhileIsNotFreshBeforeItsNextAnswer) {
  Read(KeyOf("tr-1"));
  Answer("tr-1", RunningAnswer(1));
  loop_.AdvanceBy(absl::Seconds(50));
  Follow(KeyOf("tr-1"));
  EXPECT_FALSE(poll_loop_->table().Find(KeyOf("tr-1"))->vitals.kept_fresh);
  const uint64_t read = Read(KeyOf("tr-1"), absl::Seconds(1));
  EXPECT_FALSE(follower_.HasAnswer(read));

  Answer("tr-1", RunningAnswer(2));
  ASSERT_TRUE(follower_.HasAnswer(read));
  EXPECT_EQ(follower_.Answer(read).snapshot->status().progress().utterances_done(), 2);
  EXPECT_TRUE(poll_loop_->table().Find(KeyOf("tr-1"))->vitals.kept_fresh);
}

TEST_F(PollLoopTest, WhoGetsNoLinkIsToldWhy) {
  AnswerAll(RunningAnswer(5));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(1));
  AnswerAll(RunningAnswer(4));
  const uint64_t with_link = Read(KeyOf("tr-1"), absl::Seconds(5), /*include_report_link=*/true);
  const uint64_t without = Read(KeyOf("tr-1"), absl::ZeroDuration());
  loop_.AdvanceBy(absl::Seconds(5));

  ASSERT_TRUE(follower_.HasAnswer(with_link));
  const v1::Freshness& told = follower_.Answer(with_link).snapshot->status().freshness();
  EXPECT_EQ(told.state(), v1::Freshness::STATE_STALE);
  EXPECT_EQ(told.reason(), "UPSTREAM_WENT_BACK");
  EXPECT_EQ(follower_.Answer(without).snapshot->status().freshness().state(),
            v1::Freshness::STATE_FRESH);
}

TEST_F(PollLoopTest, AReaderOfAnUnknownRunIsToldAtOnceAndItIsRemembered) {
  const uint64_t first = Read(KeyOf("tr-1"));
  Answer("tr-1", FailureOf(PollFailureKind::kRunNotFound));
  EXPECT_EQ(follower_.Answer(first).error.reason, Reason::kRunNotFound);
  EXPECT_TRUE(follower_.Answer(first).error.after_upstream);

  loop_.AdvanceBy(absl::Seconds(4));
  const uint64_t second = Read(KeyOf("tr-1"));
  EXPECT_EQ(follower_.Answer(second).error.reason, Reason::kRunNotFound);
  EXPECT_FALSE(follower_.Answer(second).error.after_upstream) << "memory told, not the platform";
  EXPECT_EQ(client_->sends_for("tr-1"), 1);

  loop_.AdvanceBy(absl::Seconds(2));
  Read(KeyOf("tr-1"));
  EXPECT_EQ(client_->sends_for("tr-1"), 2);
}

TEST_F(PollLoopTest, AWatchOpenedAfterAReaderWasToldNotFoundStillWaits) {
  Read(KeyOf("tr-1"));
  Answer("tr-1", FailureOf(PollFailureKind::kRunNotFound));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Seconds(3));
  Answer("tr-1", RunningAnswer(1));

  EXPECT_THAT(follower_.Ends("tr-1"), SizeIs(0));
  EXPECT_THAT(follower_.Snapshots("tr-1"), SizeIs(1));
}

TEST_F(PollLoopTest, AFailedPollWithSomethingKnownAnswersStale) {
  Read(KeyOf("tr-1"));
  Answer("tr-1", RunningAnswer(7));
  loop_.AdvanceBy(absl::Seconds(20));
  const uint64_t read = Read(KeyOf("tr-1"));
  Answer("tr-1", FailureOf(PollFailureKind::kUnavailable));

  ASSERT_NE(follower_.Answer(read).snapshot, nullptr);
  const v1::RunStatus& status = follower_.Answer(read).snapshot->status();
  EXPECT_EQ(status.progress().utterances_done(), 7);
  EXPECT_EQ(status.freshness().state(), v1::Freshness::STATE_STALE);
  EXPECT_EQ(status.freshness().reason(), "UPSTREAM_UNAVAILABLE");
}

TEST_F(PollLoopTest, AFailedPollWithNothingKnownIsAnError) {
  const uint64_t read = Read(KeyOf("tr-1"));
  Answer("tr-1", FailureOf(PollFailureKind::kProtocol));

  EXPECT_EQ(follower_.Answer(read).snapshot, nullptr);
  EXPECT_EQ(follower_.Answer(read).error.reason, Reason::kUpstreamProtocol);
  EXPECT_TRUE(follower_.Answer(read).error.after_upstream);
  EXPECT_GT(follower_.Answer(read).error.retry_after, absl::ZeroDuration());
}

TEST_F(PollLoopTest, RefusedCredentialsPassForAMinuteAndAreThenToldAsSuch) {
  AnswerAll(FailureOf(PollFailureKind::kCredentials));
  const uint64_t first = Read(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Seconds(1));
  EXPECT_TRUE(follower_.Answer(first).error.passing);

  loop_.AdvanceBy(absl::Seconds(70));
  const uint64_t second = Read(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Seconds(10));
  EXPECT_EQ(follower_.Answer(second).error.reason, Reason::kUpstreamCredentials);
  EXPECT_FALSE(follower_.Answer(second).error.passing);
}

TEST_F(PollLoopTest, ASpentBudgetWithNothingKnownTellsTheExactWait) {
  upstream::PollFailure refusal = FailureOf(PollFailureKind::kThrottledMinute);
  refusal.retry_after = absl::Seconds(50);
  const uint64_t first = Read(KeyOf("tr-1"));
  Answer("tr-1", refusal);
  EXPECT_EQ(follower_.Answer(first).error.retry_after, absl::Seconds(50));
  loop_.AdvanceBy(absl::Seconds(10));
  const uint64_t read = Read(KeyOf("tr-1"));

  ASSERT_TRUE(follower_.HasAnswer(read)) << "told at once, not after the wait";
  EXPECT_EQ(follower_.Answer(read).error.reason, Reason::kRunBudgetSpent);
  EXPECT_GE(follower_.Answer(read).error.retry_after, absl::Seconds(40));
  EXPECT_LE(follower_.Answer(read).error.retry_after, absl::Seconds(45));
  EXPECT_EQ(client_->sends_for("tr-1"), 1);
}

TEST_F(PollLoopTest, AReaderIsToldTheWaitAlsoWhereASmallBudgetMakesThePaceSlow) {
  options_.per_minute = 3;  // One a minute, less the reserve.
  Restart();
  loop_.AdvanceBy(absl::Minutes(61));
  Read(KeyOf("tr-1"));
  Answer("tr-1", FailureOf(PollFailureKind::kUnavailable));
  loop_.AdvanceBy(absl::Seconds(20));
  const uint64_t read = Read(KeyOf("tr-1"));

  ASSERT_TRUE(follower_.HasAnswer(read));
  EXPECT_EQ(follower_.Answer(read).error.reason, Reason::kRunBudgetSpent);
  EXPECT_GE(follower_.Answer(read).error.retry_after, absl::Seconds(38));
  EXPECT_LE(follower_.Answer(read).error.retry_after, absl::Seconds(45));
}

TEST_F(PollLoopTest, ReadersAreServedFromSurplusAndOtherwiseJoinTheSchedule) {
  AnswerAll(RunningAnswer(1));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(30));
  int answered = 0;
  for (int i = 0; i < 2000; ++i) {
    const uint64_t read = Read(KeyOf("tr-1"), absl::ZeroDuration(), true);
    loop_.AdvanceBy(absl::Milliseconds(900));
    answered += follower_.HasAnswer(read);
  }
  loop_.AdvanceBy(absl::Seconds(3));

  EXPECT_EQ(follower_.answers_received(), 2000) << "none waits longer than a poll takes to come";
  EXPECT_EQ(Freshness(), v1::Freshness::STATE_FRESH) << "and the watchers never starve";
}

TEST_F(PollLoopTest, AReadOfAnEndedRunIsAnsweredFromMemoryAsLongAsItIsKept) {
  Follow(KeyOf("tr-1"));
  Answer("tr-1", CompletedAnswer());
  loop_.AdvanceBy(absl::Minutes(9));
  const uint64_t read = Read(KeyOf("tr-1"), absl::ZeroDuration());

  ASSERT_TRUE(follower_.HasAnswer(read));
  EXPECT_TRUE(follower_.Answer(read).snapshot->terminal());
}

TEST_F(PollLoopTest, TheReportLinkAlwaysComesFromACallMadeForIt) {
  Follow(KeyOf("tr-1"));
  Answer("tr-1", CompletedAnswer());
  const uint64_t read = Read(KeyOf("tr-1"), absl::Seconds(5), /*include_report_link=*/true);
  EXPECT_FALSE(follower_.HasAnswer(read)) << "a link is never kept";
  loop_.AdvanceBy(absl::Seconds(3));
  Answer("tr-1", CompletedAnswer());

  EXPECT_EQ(follower_.Answer(read).report_link.Reveal(),
            "https://platform.example/report?s=QUJD$$");
  EXPECT_EQ(follower_.Answer(read).snapshot->watch_response().find("platform.example"),
            std::string::npos);
}

TEST_F(PollLoopTest, AReaderWhoAskedForNoLinkGetsNone) {
  const uint64_t with = Read(KeyOf("tr-1"), absl::Seconds(5), true);
  const uint64_t without = Read(KeyOf("tr-1"), absl::Seconds(5), false);
  Answer("tr-1", CompletedAnswer());

  EXPECT_FALSE(follower_.Answer(with).report_link.empty());
  EXPECT_TRUE(follower_.Answer(without).report_link.empty());
}

TEST_F(PollLoopTest, ReadersOverTheirLimitOfNewRunsAreToldSo) {
  for (int i = 0; i < 101; ++i) Read(KeyOf(absl::StrCat("tr-", i)));

  EXPECT_EQ(follower_.Answer(101).error.reason, Reason::kCallerLimit);
  EXPECT_FALSE(follower_.Answer(101).error.after_upstream);
}

base::TraceContext TraceOf(const char* request_id) {
  base::TraceContext trace;
  trace.Add("x-request-id", request_id);
  return trace;
}

TEST_F(PollLoopTest, APollThatOneReaderCausesCarriesItsTraceAndASharedOneNone) {
  const auto read = [&](const char* run_id, const char* request_id) {
    poll_loop_->Read(&follower_, ++last_read_,
                     {KeyOf(run_id), "caller", absl::Seconds(5), false, TraceOf(request_id)});
  };
  read("tr-alone", "req-1");
  loop_.RunUntilIdle();
  ASSERT_EQ(client_->sends().size(), 1u);
  EXPECT_EQ(client_->sends()[0].trace.TraceId(), "req-1");

  AnswerAll(RunningAnswer(1));
  Follow(KeyOf("tr-followed"));
  read("tr-followed", "req-2");
  loop_.AdvanceBy(absl::Seconds(10));
  for (const auto& send : client_->sends()) {
    if (send.key.run_id == "tr-followed") {
      EXPECT_TRUE(send.trace.empty());
    }
  }
}

}  // namespace
}  // namespace runcast::runs
