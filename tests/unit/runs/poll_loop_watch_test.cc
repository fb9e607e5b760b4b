// What followers of runs may rely on: contract, WatchRun and "What becomes a new status".

#include "absl/strings/str_cat.h"
#include "tests/unit/runs/poll_loop_fixture.h"

namespace runcast::runs {
namespace {

using telemetry::PollOutcome;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::Le;
using testing::SizeIs;
using upstream::PollFailureKind;

TEST_F(PollLoopTest, AFollowerIsAdmittedAndTheRunIsPolledAtOnce) {
  Follow(KeyOf("tr-1"));

  EXPECT_EQ(follower_.admissions(), 1);
  EXPECT_EQ(client_->sends_for("tr-1"), 1);
}

TEST_F(PollLoopTest, ManyFollowersOfOneRunCostOnePollPerInterval) {
  AnswerAll(RunningAnswer(1));
  std::vector<fakes::FakeFollower> others(50);
  Follow(KeyOf("tr-1"));
  for (auto& other : others) poll_loop_->Follow(&other, {KeyOf("tr-1"), "caller", false});
  loop_.AdvanceBy(absl::Minutes(60));

  // Base pace, and what the early period adds.
  EXPECT_THAT(client_->sends_for("tr-1"), AllOf(Ge(1680), Le(1782)));
  for (const auto& other : others) EXPECT_THAT(other.Snapshots("tr-1"), SizeIs(1));
}

TEST_F(PollLoopTest, AllFollowersHaveAnUpdateBeforeTheFirstIsWoken) {
  std::vector<fakes::FakeFollower> others(3);
  for (auto& other : others) poll_loop_->Follow(&other, {KeyOf("tr-1"), "caller", false});
  loop_.RunUntilIdle();
  const fakes::FakeFollower& last = others.back();
  std::vector<size_t> queued_for_last;
  for (auto& other : others) {
    other.SetOnWake([&] { queued_for_last.push_back(last.queued()); });
  }

  Answer("tr-1", RunningAnswer(1));
  loop_.AdvanceBy(absl::Seconds(1));

  EXPECT_THAT(queued_for_last, Each(1));
  EXPECT_THAT(queued_for_last, SizeIs(3));
  for (const auto& other : others) EXPECT_THAT(other.Snapshots("tr-1"), SizeIs(1));
}

TEST_F(PollLoopTest, WhatComesTogetherWakesAFollowerOnce) {
  constexpr int kRuns = 5;
  for (int i = 0; i < kRuns; ++i) Follow(KeyOf(absl::StrCat("tr-", i)));
  int wakes = 0;
  follower_.SetOnWake([&] { ++wakes; });

  for (int i = 0; i < kRuns; ++i) client_->Answer(absl::StrCat("tr-", i), RunningAnswer(1));
  loop_.RunUntilIdle();

  for (int i = 0; i < kRuns; ++i) {
    EXPECT_THAT(follower_.Snapshots(absl::StrCat("tr-", i)), SizeIs(1));
  }
  EXPECT_EQ(wakes, 1);
}

TEST_F(PollLoopTest, WhatComesDenselyWakesAFollowerOnceInTenMilliseconds) {
  constexpr int kRuns = 6;
  for (int i = 0; i < kRuns; ++i) Follow(KeyOf(absl::StrCat("tr-", i)));
  std::vector<absl::Duration> wakes;
  const base::MonotonicTime begin = loop_.clock().Now();
  follower_.SetOnWake([&] { wakes.push_back(loop_.clock().Now() - begin); });

  for (int i = 0; i < kRuns; ++i) {
    client_->Answer(absl::StrCat("tr-", i), RunningAnswer(1));
    loop_.AdvanceBy(absl::Milliseconds(4));
  }
  loop_.AdvanceBy(absl::Milliseconds(100));

  // The first at once, those of 4 and 8 ms together, those of 12 and 16, and the last.
  EXPECT_THAT(wakes, ElementsAre(absl::ZeroDuration(), absl::Milliseconds(10),
                                 absl::Milliseconds(20), absl::Milliseconds(30)));
  for (int i = 0; i < kRuns; ++i) {
    EXPECT_THAT(follower_.Snapshots(absl::StrCat("tr-", i)), SizeIs(1));
  }
}

TEST_F(PollLoopTest, EveryChangeIsPublishedOnceWithRisingSequences) {
  Follow(KeyOf("tr-1"));
  for (const int done : {1, 1, 2, 2, 2, 7}) {
    Answer("tr-1", RunningAnswer(done));
    loop_.AdvanceBy(absl::Seconds(3));
  }

  const auto snapshots = follower_.Snapshots("tr-1");
  ASSERT_THAT(snapshots, SizeIs(3));
  for (size_t i = 0; i < snapshots.size(); ++i) {
    EXPECT_EQ(snapshots[i]->status().sequence(), i + 1);
    EXPECT_EQ(snapshots[i]->status().epoch(), snapshots[0]->status().epoch());
    EXPECT_EQ(snapshots[i]->status().run().run_id(), "tr-1");
    EXPECT_EQ(snapshots[i]->status().freshness().state(), v1::Freshness::STATE_FRESH);
  }
}

TEST_F(PollLoopTest, AGoodAnswerWithoutNewsMovesTheTimeOfTheLastGoodAnswerOnly) {
  Follow(KeyOf("tr-1"));
  Answer("tr-1", RunningAnswer(1));
  const absl::Time first = poll_loop_->table().Find(KeyOf("tr-1"))->vitals.last_good_answer;
  loop_.AdvanceBy(absl::Seconds(3));
  Answer("tr-1", RunningAnswer(1));

  EXPECT_THAT(follower_.Snapshots("tr-1"), SizeIs(1));
  EXPECT_GT(poll_loop_->table().Find(KeyOf("tr-1"))->vitals.last_good_answer, first);
}

TEST_F(PollLoopTest, ATerminalStatusEndsThePolling) {
  Follow(KeyOf("tr-1"));
  Answer("tr-1", CompletedAnswer());
  const int sends = client_->sends_for("tr-1");
  loop_.AdvanceBy(absl::Minutes(5));

  EXPECT_TRUE(Newest()->terminal());
  EXPECT_EQ(client_->sends_for("tr-1"), sends);
}

TEST_F(PollLoopTest, ALaterFollowerOfAnEndedRunGetsTheKeptTerminalStatusWithoutAPoll) {
  Follow(KeyOf("tr-1"));
  Answer("tr-1", CompletedAnswer());
  loop_.AdvanceBy(absl::Minutes(9));
  fakes::FakeFollower late;
  poll_loop_->Follow(&late, {KeyOf("tr-1"), "caller", false});
  loop_.RunUntilIdle();

  ASSERT_THAT(late.Snapshots("tr-1"), SizeIs(1));
  EXPECT_TRUE(late.Snapshots("tr-1")[0]->terminal());
  EXPECT_EQ(client_->sends_for("tr-1"), 1);
}

TEST_F(PollLoopTest, ATerminalStatusIsForgottenAfterItsRetention) {
  Follow(KeyOf("tr-1"));
  Answer("tr-1", CompletedAnswer());
  loop_.AdvanceBy(absl::Minutes(10) + absl::Seconds(6));

  EXPECT_EQ(poll_loop_->table().size(), 0u);
}

TEST_F(PollLoopTest, PollingLingersAfterTheLastFollowerAndThenStops) {
  AnswerAll(RunningAnswer(1));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(2));
  Unfollow(KeyOf("tr-1"));
  const int left_at = client_->sends_for("tr-1");
  loop_.AdvanceBy(absl::Seconds(30));
  const int lingered_until = client_->sends_for("tr-1");
  loop_.AdvanceBy(absl::Minutes(10));

  EXPECT_THAT(lingered_until - left_at, AllOf(Ge(13), Le(15)));
  EXPECT_EQ(client_->sends_for("tr-1"), lingered_until);
  EXPECT_EQ(poll_loop_->table().size(), 0u) << "kept for a minute, then forgotten";
}

TEST_F(PollLoopTest, AFollowerWhoReturnsWhileItLingersFindsTheStatusAndCausesNoPoll) {
  AnswerAll(RunningAnswer(1));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(2));
  Unfollow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Milliseconds(100));
  const int before = client_->sends_for("tr-1");
  Follow(KeyOf("tr-1"));

  EXPECT_EQ(follower_.admissions(), 2);
  EXPECT_THAT(follower_.Snapshots("tr-1"), SizeIs(2));
  EXPECT_EQ(client_->sends_for("tr-1"), before);
}

TEST_F(PollLoopTest, AnOlderStateIsDroppedAndAfterHalfAMinuteTold) {
  AnswerAll(RunningAnswer(20));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(1));
  AnswerAll(RunningAnswer(10));
  loop_.AdvanceBy(absl::Seconds(29));
  EXPECT_THAT(follower_.Snapshots("tr-1"), SizeIs(1)) << "dropped in silence at first";
  loop_.AdvanceBy(absl::Seconds(6));

  EXPECT_EQ(Newest()->status().freshness().reason(), "UPSTREAM_WENT_BACK");
  EXPECT_EQ(Newest()->status().progress().utterances_done(), 20);
  EXPECT_GT(Outcomes(PollOutcome::kWentBack), 10u);

  AnswerAll(RunningAnswer(21));
  loop_.AdvanceBy(absl::Seconds(3));
  EXPECT_EQ(Newest()->status().freshness().state(), v1::Freshness::STATE_FRESH);
}

TEST_F(PollLoopTest, AnEndWithoutResultsIsConfirmedBeforeItIsTold) {
  AnswerAll(RunningAnswer(20));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(1));
  AnswerAll(CompletedAnswer(/*has_results=*/false));
  loop_.AdvanceBy(absl::Seconds(4));
  EXPECT_FALSE(Newest()->terminal());
  EXPECT_EQ(Newest()->status().state(), v1::RUN_STATE_COMPLETED);

  AnswerAll(CompletedAnswer());
  loop_.AdvanceBy(absl::Seconds(3));
  EXPECT_TRUE(Newest()->terminal());
  EXPECT_EQ(Newest()->status().result().succeeded(), 36);
}

TEST_F(PollLoopTest, AnEndThatStaysWithoutResultsIsToldAfterTenSeconds) {
  Follow(KeyOf("tr-1"));
  AnswerAll(CompletedAnswer(/*has_results=*/false));
  Answer("tr-1", CompletedAnswer(/*has_results=*/false));
  loop_.AdvanceBy(absl::Seconds(7));
  EXPECT_FALSE(Newest()->terminal());
  loop_.AdvanceBy(absl::Seconds(4));

  EXPECT_TRUE(Newest()->terminal());
  EXPECT_LE(client_->sends_for("tr-1"), 6);
}

TEST_F(PollLoopTest, AnEndWithoutResultsIsToldAfterTenSecondsAlsoAtASlowPace) {
  options_.expected_pollers = 4;
  Restart();
  AnswerAll(RunningAnswer(20));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(1));
  AnswerAll(CompletedAnswer(/*has_results=*/false));
  while (Newest()->status().state() != v1::RUN_STATE_COMPLETED) loop_.AdvanceBy(absl::Seconds(1));
  AnswerAll(FailureOf(PollFailureKind::kUnavailable));
  loop_.AdvanceBy(absl::Seconds(8));
  EXPECT_FALSE(Newest()->terminal());
  loop_.AdvanceBy(absl::Seconds(2));

  EXPECT_TRUE(Newest()->terminal());
  EXPECT_EQ(Newest()->status().state(), v1::RUN_STATE_COMPLETED);
}

TEST_F(PollLoopTest, ARunDeletedBeforeItsEndIsWholeEndsWithWhatIsKnown) {
  AnswerAll(RunningAnswer(20));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(1));
  AnswerAll(CompletedAnswer(/*has_results=*/false));
  loop_.AdvanceBy(absl::Seconds(2.2));
  EXPECT_EQ(Newest()->status().state(), v1::RUN_STATE_COMPLETED);
  AnswerAll(FailureOf(PollFailureKind::kRunNotFound));
  loop_.AdvanceBy(absl::Minutes(1));

  EXPECT_TRUE(Newest()->terminal()) << "the ten seconds were over before it counted as deleted";
  EXPECT_EQ(Newest()->status().state(), v1::RUN_STATE_COMPLETED);
  EXPECT_THAT(follower_.Ends("tr-1"), SizeIs(0));
}

TEST_F(PollLoopTest, PercentNeverFallsWhenTheTotalGrows) {
  AnswerAll(RunningAnswer(10, 20));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Seconds(10));
  EXPECT_EQ(Newest()->status().progress().percent(), 50);
  AnswerAll(RunningAnswer(11, 40));
  loop_.AdvanceBy(absl::Minutes(1));

  EXPECT_EQ(Newest()->status().progress().utterances_done(), 11);
  EXPECT_EQ(Newest()->status().progress().percent(), 50);
  EXPECT_EQ(Freshness(), v1::Freshness::STATE_FRESH);
  EXPECT_THAT(follower_.Snapshots("tr-1"), SizeIs(2)) << "each status once";
}

TEST_F(PollLoopTest, WordsThatDisagreeAreConfirmedToo) {
  upstream::PollAnswer odd = CompletedAnswer();
  odd.words_disagree = true;
  Follow(KeyOf("tr-1"));
  Answer("tr-1", odd);
  EXPECT_FALSE(Newest()->terminal());

  loop_.AdvanceBy(absl::Seconds(3));
  Answer("tr-1", CompletedAnswer());
  EXPECT_TRUE(Newest()->terminal());
}

TEST_F(PollLoopTest, AFailedRunNeedsNoResultsToBeOver) {
  upstream::PollAnswer failed = CompletedAnswer(/*has_results=*/false);
  failed.status.set_state(v1::RUN_STATE_FAILED);
  Follow(KeyOf("tr-1"));
  Answer("tr-1", failed);

  EXPECT_TRUE(Newest()->terminal());
}

TEST_F(PollLoopTest, TheWindowsHoldOverHoursWithReadersRestartsAndFailures) {
  AnswerAll(RunningAnswer(1));
  std::vector<base::MonotonicTime> sends;
  const base::MonotonicTime start = loop_.clock().Now();
  Follow(KeyOf("tr-1"));
  for (int minute = 0; minute < 150; ++minute) {
    for (int i = 0; i < 20; ++i) {
      Read(KeyOf("tr-1"), absl::ZeroDuration(), true);
      loop_.AdvanceBy(absl::Seconds(3));
    }
    if (minute == 70 || minute == 80) {
      for (const auto& send : client_->sends()) sends.push_back(send.at);
      Restart();
      AnswerAll(RunningAnswer(1));
      Follow(KeyOf("tr-1"));
    }
  }
  for (const auto& send : client_->sends()) sends.push_back(send.at);

  const auto most_in = [&](absl::Duration window) {
    size_t most = 0;
    for (size_t first = 0, last = 0; last < sends.size(); ++last) {
      while (sends[first] + window <= sends[last]) ++first;
      most = std::max(most, last - first + 1);
    }
    return most;
  };
  EXPECT_LE(most_in(absl::Seconds(60)), 60u);
  EXPECT_LE(most_in(absl::Seconds(3600)), 1800u);
  EXPECT_GT(most_in(absl::Seconds(3600)), 1700u);
  EXPECT_LE(start, sends.front());
}

TEST_F(PollLoopTest, ARepeatedSendIsChargedAndRefusedWhenNothingIsLeft) {
  options_.per_minute = 4;  // Two of them are the reserve.
  options_.per_hour = 1800;
  Restart();
  loop_.AdvanceBy(absl::Minutes(1));  // What an earlier process may have sent is over.
  Follow(KeyOf("tr-1"));
  EXPECT_FALSE(client_->RepeatSend("tr-1") && client_->RepeatSend("tr-1"))
      << "the first send and one repetition are all that the minute allows";
}

TEST_F(PollLoopTest, VariantsOfARunShareOnePace) {
  AnswerAll(RunningAnswer(1));
  for (const char* language : {"", "en", "de", "fr"}) Follow(KeyOf("tr-1", language));
  loop_.AdvanceBy(absl::Minutes(60));

  EXPECT_LE(client_->sends_for("tr-1"), 1782);
  for (const char* language : {"", "en", "de", "fr"}) {
    EXPECT_THAT(client_->requests_for(KeyOf("tr-1", language)), AllOf(Ge(380), Le(480)));
  }
}

TEST_F(PollLoopTest, AFifthVariantIsRefused) {
  AnswerAll(RunningAnswer(1));
  for (const char* language : {"", "en", "de", "fr"}) Follow(KeyOf("tr-1", language));
  loop_.AdvanceBy(absl::Seconds(10));
  Follow(KeyOf("tr-1", "it"));

  ASSERT_THAT(follower_.Ends("tr-1"), SizeIs(1));
  EXPECT_EQ(follower_.Ends("tr-1")[0].reason, Reason::kRunVariants);
}

TEST_F(PollLoopTest, NewUnknownRunsAreLimitedForEachCallerAndInAll) {
  AnswerAll(FailureOf(PollFailureKind::kRunNotFound));
  for (int i = 0; i < 150; ++i) Follow(KeyOf(absl::StrCat("tr-", i)));

  EXPECT_THAT(follower_.Ends("tr-99"), SizeIs(0));
  ASSERT_THAT(follower_.Ends("tr-100"), SizeIs(1));
  EXPECT_EQ(follower_.Ends("tr-100")[0].reason, Reason::kCallerLimit);
  EXPECT_FALSE(follower_.Ends("tr-100")[0].after_upstream);

  for (int i = 1000; i < 2000; ++i) {
    poll_loop_->Follow(&follower_, {KeyOf(absl::StrCat("tr-", i)), absl::StrCat("c", i), false});
  }
  loop_.RunUntilIdle();
  ASSERT_THAT(follower_.Ends("tr-1999"), SizeIs(1));
  EXPECT_EQ(follower_.Ends("tr-1999")[0].reason, Reason::kOverloaded);
}

TEST_F(PollLoopTest, ARefusalTellsWhichFollowItAnswers) {
  for (uint64_t id = 1; id <= 102; ++id) {
    poll_loop_->Follow(&follower_, {KeyOf(absl::StrCat("tr-", id)), "caller", false, id});
  }
  loop_.RunUntilIdle();

  EXPECT_THAT(follower_.Refused(), testing::ElementsAre(101u, 102u));
}

TEST_F(PollLoopTest, WatchesThatResumeAreNotHeldUpByTheLimitOfNewRuns) {
  for (int i = 0; i < 1000; ++i) Follow(KeyOf(absl::StrCat("tr-", i)), /*resumed=*/true);

  EXPECT_EQ(follower_.admissions(), 1000);
}

TEST_F(PollLoopTest, WhoeverMakesResumeTokensUpSoonHasTheLimitOfNewRunsAndOthersResume) {
  options_.max_budget_logs = 4000;
  Restart();
  const auto resume = [&](const char* caller, int count) {
    const int before = follower_.admissions();
    for (int i = 0; i < count; ++i) {
      poll_loop_->Follow(&follower_, {KeyOf(absl::StrCat(caller, i)), caller, /*resumed=*/true});
    }
    loop_.RunUntilIdle();
    return follower_.admissions() - before;
  };

  // A twentieth of the logs, and what any caller may ask for at once.
  EXPECT_EQ(resume("forger", 1500), 200 + 100);
  EXPECT_EQ(resume("other", 150), 150);
}

TEST_F(PollLoopTest, TheRequestRateToThePlatformIsBounded) {
  options_.gate.max_requests_per_second = 100;
  options_.gate.max_polls_in_flight = 10'000;
  Restart();
  AnswerAll(RunningAnswer(1));
  for (int i = 0; i < 1000; ++i) Follow(KeyOf(absl::StrCat("tr-", i)), /*resumed=*/true);
  loop_.AdvanceBy(absl::Seconds(5));

  EXPECT_LE(client_->sends().size(), 515u);
  EXPECT_GE(client_->sends().size(), 400u);
}

TEST_F(PollLoopTest, PollsInFlightAreBounded) {
  options_.gate.max_polls_in_flight = 20;
  Restart();
  for (int i = 0; i < 100; ++i) Follow(KeyOf(absl::StrCat("tr-", i)), /*resumed=*/true);
  loop_.AdvanceBy(absl::Seconds(2));

  EXPECT_THAT(client_->open(), SizeIs(20));
}

TEST_F(PollLoopTest, WhenThePlatformIsDownForAllOnlyProbesGoOut) {
  AnswerAll(RunningAnswer(1));
  for (int i = 0; i < 100; ++i) {
    base::RunKey key = KeyOf(absl::StrCat("tr-", i));
    key.stream_id = absl::StrCat("st-", i % 4);
    Follow(key, /*resumed=*/true);
  }
  loop_.AdvanceBy(absl::Minutes(1));
  AnswerAll(FailureOf(PollFailureKind::kUnavailable));
  loop_.AdvanceBy(absl::Seconds(30));
  const size_t before = client_->sends().size();
  loop_.AdvanceBy(absl::Seconds(60));

  EXPECT_THAT(client_->sends().size() - before, AllOf(Ge(40u), Le(65u)));

  AnswerAll(RunningAnswer(2));
  loop_.AdvanceBy(absl::Milliseconds(4500));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Newest(absl::StrCat("tr-", i))->status().freshness().state(),
              v1::Freshness::STATE_FRESH)
        << i;
  }
}

TEST_F(PollLoopTest, KeptRunsAreBoundedInNumber) {
  options_.kept.max_runs = 10;
  Restart();
  AnswerAll(RunningAnswer(1));
  for (int i = 0; i < 30; ++i) {
    Read(KeyOf(absl::StrCat("tr-", i)));
    loop_.AdvanceBy(absl::Milliseconds(500));
  }

  EXPECT_LE(poll_loop_->table().size(), 11u);
}

TEST_F(PollLoopTest, BudgetLogsAreBoundedAndNewRunsRefusedBeyond) {
  options_.max_budget_logs = 20;
  Restart();
  AnswerAll(FailureOf(PollFailureKind::kRunNotFound));
  for (int i = 0; i < 25; ++i) {
    Read(KeyOf(absl::StrCat("tr-", i)));
    loop_.AdvanceBy(absl::Seconds(10));
  }

  EXPECT_EQ(follower_.Answer(20).error.reason, Reason::kRunNotFound);
  EXPECT_EQ(follower_.Answer(21).error.reason, Reason::kOverloaded);
  loop_.AdvanceBy(absl::Hours(1));
  const uint64_t read = Read(KeyOf("tr-new"));
  loop_.AdvanceBy(absl::Seconds(1));
  EXPECT_EQ(follower_.Answer(read).error.reason, Reason::kRunNotFound) << "an hour later";
}

TEST_F(PollLoopTest, HeartbeatFactsAreInTheTable) {
  upstream::PollAnswer answer = RunningAnswer(10);
  *answer.status.mutable_start_time() = ToTimestamp(loop_.clock().WallNow() - absl::Seconds(30));
  Follow(KeyOf("tr-1"));
  Answer("tr-1", answer);

  const RunVitals vitals = poll_loop_->table().Find(KeyOf("tr-1"))->vitals;
  EXPECT_TRUE(vitals.followed);
  EXPECT_EQ(vitals.last_good_answer, loop_.clock().WallNow());
  EXPECT_GT(vitals.next_poll, loop_.clock().WallNow());
  EXPECT_EQ(vitals.predicted_end, loop_.clock().WallNow() + absl::Seconds(90));
}

TEST_F(PollLoopTest, HowStaleRunsAreAndWhatTheySpentIsShown) {
  AnswerAll(RunningAnswer(1));
  Follow(KeyOf("tr-1"));
  Follow(KeyOf("tr-2"));
  loop_.AdvanceBy(absl::Seconds(20));
  EXPECT_EQ(metrics_.followed_runs.value(), 2);
  EXPECT_EQ(metrics_.stale_runs.value(), 0);
  EXPECT_LE(metrics_.oldest_answer_seconds.value(), 3);
  EXPECT_GT(metrics_.budget_used_minute.value(), 0.1);
  EXPECT_LE(metrics_.budget_used_minute.value(), 1);
  EXPECT_GT(metrics_.budget_used_hour.value(), 0);
  const BudgetUse use = poll_loop_->table().Find(KeyOf("tr-1"))->vitals.budget;
  EXPECT_GT(use.minute, 0);
  EXPECT_EQ(use.minute_limit, 58);
  EXPECT_EQ(use.hour_limit, 1782);

  AnswerAll(FailureOf(upstream::PollFailureKind::kUnavailable));
  loop_.AdvanceBy(absl::Seconds(20));
  EXPECT_EQ(metrics_.stale_runs.value(), 2);
  EXPECT_NEAR(metrics_.oldest_answer_seconds.value(), 20, 6);
}

}  // namespace
}  // namespace runcast::runs
