// The small pure rules of runs/: merging, the breaker, what is kept, whose credentials worked,
// when a run
// will end and when its end is whole, how its polls went.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "gateway/runs/circuit_breaker.h"
#include "gateway/runs/credential_history.h"
#include "gateway/runs/end_confirmation.h"
#include "gateway/runs/end_prediction.h"
#include "gateway/runs/kept_runs.h"
#include "gateway/runs/poll_record.h"
#include "gateway/runs/status_merge.h"
#include "gateway/runs/wire_time.h"

namespace runcast::runs {
namespace {

using base::MonotonicTime;
using testing::ElementsAre;
using testing::Field;

const MonotonicTime kNow = MonotonicTime::FromOrigin(absl::Hours(1));

v1::RunStatus Running(int done, double percent) {
  v1::RunStatus status;
  status.set_state(v1::RUN_STATE_RUNNING);
  status.set_raw_state("running");
  status.mutable_progress()->set_utterances_done(done);
  status.mutable_progress()->set_utterances_total(40);
  status.mutable_progress()->set_percent(percent);
  return status;
}

v1::RunStatus Completed() {
  v1::RunStatus status;
  status.set_state(v1::RUN_STATE_COMPLETED);
  status.set_raw_state("completed");
  status.set_terminal(true);
  status.mutable_progress()->set_percent(100);
  return status;
}

TEST(MergeAnswerTest, TheSameAnswerIsNoNews) {
  v1::RunStatus known = Running(10, 25);

  EXPECT_EQ(MergeAnswer(Running(10, 25), known), MergeResult::kUnchanged);
}

TEST(MergeAnswerTest, MoreProgressIsTakenWhole) {
  v1::RunStatus known = Running(10, 25);
  known.set_run_type("published");
  v1::RunStatus answer = Running(20, 50);
  answer.set_run_type("inDevelopment");

  EXPECT_EQ(MergeAnswer(answer, known), MergeResult::kChanged);
  EXPECT_EQ(known.progress().utterances_done(), 20);
  EXPECT_EQ(known.run_type(), "inDevelopment");
}

TEST(MergeAnswerTest, ASmallerAnswerIsDroppedWhole) {
  v1::RunStatus known = Running(20, 50);
  v1::RunStatus answer = Running(10, 90);
  answer.set_run_type("new");

  EXPECT_EQ(MergeAnswer(answer, known), MergeResult::kWentBack);
  EXPECT_EQ(known.progress().utterances_done(), 20);
  EXPECT_EQ(known.run_type(), "");
}

TEST(MergeAnswerTest, NothingActiveReplacesAnEnd) {
  v1::RunStatus known = Completed();

  EXPECT_EQ(MergeAnswer(Running(40, 100), known), MergeResult::kWentBack);
  EXPECT_TRUE(known.terminal());
}

TEST(MergeAnswerTest, AnEndReplacesWhateverWasBefore) {
  v1::RunStatus known = Running(40, 100);
  v1::RunStatus failed = Completed();
  failed.mutable_progress()->set_percent(10);

  EXPECT_EQ(MergeAnswer(failed, known), MergeResult::kChanged);
  EXPECT_TRUE(known.terminal());
}

TEST(MergeAnswerTest, VanishedProgressOfAnActiveRunKeepsItsLastValue) {
  v1::RunStatus known = Running(20, 50);
  v1::RunStatus answer = Running(0, 0);
  answer.clear_progress();
  EXPECT_EQ(MergeAnswer(answer, known), MergeResult::kUnchanged);

  answer.set_run_type("published");
  EXPECT_EQ(MergeAnswer(answer, known), MergeResult::kChanged);
  EXPECT_EQ(known.progress().utterances_done(), 20);
  EXPECT_EQ(known.progress().percent(), 50);
}

// Fails polls of `runs` runs spread over `streams` stream ids.
void FailPolls(CircuitBreaker& breaker, int runs, int streams, MonotonicTime now = kNow) {
  for (int i = 0; i < runs; ++i) {
    breaker.OnResult(now, absl::StrCat("st-", i % streams), absl::StrCat("tr-", i),
                     PlatformSign::kFailing);
  }
}

void SucceedPolls(CircuitBreaker& breaker, int runs) {
  for (int i = 0; i < runs; ++i) {
    breaker.OnResult(kNow, "st-ok", absl::StrCat("ok-", i), PlatformSign::kWell);
  }
}

TEST(CircuitBreakerTest, OpensWhenHalfOfThePollsFailOverManyRunsAndTenants) {
  CircuitBreaker breaker;
  SucceedPolls(breaker, 5);

  FailPolls(breaker, 4, 2);
  EXPECT_FALSE(breaker.is_open());
  FailPolls(breaker, 5, 2);
  EXPECT_TRUE(breaker.is_open());
}

TEST(CircuitBreakerTest, OneTenantsTroubleStopsNobodyElse) {
  CircuitBreaker breaker;

  FailPolls(breaker, 500, 1);

  EXPECT_FALSE(breaker.is_open());
  EXPECT_TRUE(breaker.Allows(kNow));
}

TEST(CircuitBreakerTest, StaysClosedWhileMostPollsSucceed) {
  CircuitBreaker breaker;
  SucceedPolls(breaker, 30);

  FailPolls(breaker, 20, 4);

  EXPECT_FALSE(breaker.is_open());
}

TEST(CircuitBreakerTest, LetsOneProbeThroughEachSecondWhileOpen) {
  CircuitBreaker breaker;
  FailPolls(breaker, 10, 2);
  int probes = 0;
  for (int i = 0; i < 100; ++i) probes += breaker.Allows(kNow + i * absl::Milliseconds(100));

  EXPECT_EQ(probes, 9);
}

TEST(CircuitBreakerTest, TheFirstSuccessClosesItAndForgetsTheOutage) {
  CircuitBreaker breaker;
  FailPolls(breaker, 10, 2);
  breaker.OnResult(kNow + absl::Seconds(3), "st-0", "tr-0", PlatformSign::kWell);
  EXPECT_FALSE(breaker.is_open());

  breaker.OnResult(kNow + absl::Seconds(3), "st-1", "tr-1", PlatformSign::kFailing);
  EXPECT_FALSE(breaker.is_open());
}

TEST(CircuitBreakerTest, APollThatWasNotSentDoesNotCloseIt) {
  CircuitBreaker breaker;
  FailPolls(breaker, 10, 2);

  breaker.OnResult(kNow + absl::Seconds(3), "st-0", "tr-0", PlatformSign::kNone);

  EXPECT_TRUE(breaker.is_open());
}

TEST(CircuitBreakerTest, PollsThatWereNotSentDoNotHideAnOutage) {
  CircuitBreaker breaker;
  for (int i = 0; i < 30; ++i) {
    breaker.OnResult(kNow, "st-9", absl::StrCat("unsent-", i), PlatformSign::kNone);
  }

  FailPolls(breaker, 10, 2);

  EXPECT_TRUE(breaker.is_open());
}

TEST(CircuitBreakerTest, FailuresOlderThanTwentySecondsDoNotCount) {
  CircuitBreaker breaker;
  FailPolls(breaker, 4, 2);

  breaker.OnResult(kNow + absl::Seconds(25), "st-9", "tr-9", PlatformSign::kFailing);

  EXPECT_FALSE(breaker.is_open());
}

base::RunKey Key(int run) { return {"st", "suite", absl::StrCat("tr-", run), ""}; }

TEST(KeptRunsTest, TheRunLeftLongestAgoGoesFirst) {
  KeptRuns kept({.max_runs = 2, .max_bytes = 1000});
  kept.Add(Key(1), 10);
  kept.Add(Key(2), 10);
  kept.Add(Key(1), 10);
  kept.Add(Key(3), 10);

  EXPECT_THAT(kept.TakeExcess(), ElementsAre(Key(2)));
  EXPECT_EQ(kept.bytes(), 20u);
}

TEST(KeptRunsTest, BytesAreBoundedToo) {
  KeptRuns kept({.max_runs = 100, .max_bytes = 100});
  for (int i = 0; i < 3; ++i) kept.Add(Key(i), 40);

  EXPECT_THAT(kept.TakeExcess(), ElementsAre(Key(0)));
}

TEST(KeptRunsTest, AFollowedRunIsNotKeptForThis) {
  KeptRuns kept({.max_runs = 1, .max_bytes = 100});
  kept.Add(Key(1), 10);
  kept.Remove(Key(1));
  kept.Add(Key(2), 10);

  EXPECT_THAT(kept.TakeExcess(), ElementsAre());
  EXPECT_EQ(kept.runs(), 1u);
}

TEST(CredentialHistoryTest, ARefusalPassesForAMinuteAndForEverOnceItWorked) {
  CredentialHistory history;
  history.OnRefused("st-1", kNow);
  EXPECT_TRUE(history.IsPatient("st-1", kNow + absl::Seconds(59)));
  history.OnRefused("st-1", kNow + absl::Seconds(60));
  EXPECT_FALSE(history.IsPatient("st-1", kNow + absl::Seconds(60)));

  history.OnAccepted("st-1");
  history.OnRefused("st-1", kNow + absl::Hours(5));
  EXPECT_TRUE(history.IsPatient("st-1", kNow + absl::Hours(50)));
}

TEST(CredentialHistoryTest, ForgetsRefusalsThatLieFarBack) {
  CredentialHistory history;
  history.OnRefused("st-1", kNow);
  history.OnRefused("st-1", kNow + absl::Minutes(11));

  EXPECT_TRUE(history.IsPatient("st-1", kNow + absl::Minutes(11)));
}

TEST(CredentialHistoryTest, MadeUpStreamIdsAreBounded) {
  CredentialHistory history;
  for (int i = 0; i < 10'001; ++i) history.OnRefused(absl::StrCat("st-", i), kNow);

  EXPECT_TRUE(history.IsPatient("st-9999", kNow));
  EXPECT_FALSE(history.IsPatient("st-10000", kNow));
}

TEST(PredictEndTest, GoesOnAtThePaceSoFar) {
  v1::RunStatus status = Running(10, 25);
  const absl::Time start = absl::FromUnixSeconds(1000);
  *status.mutable_start_time() = ToTimestamp(start);

  EXPECT_EQ(PredictEnd(status, start + absl::Seconds(30)), start + absl::Seconds(120));
}

TEST(PredictEndTest, CannotBeToldWithoutProgressOrStart) {
  v1::RunStatus status = Running(10, 25);
  EXPECT_EQ(PredictEnd(status, absl::FromUnixSeconds(5)), absl::InfinitePast());
  status.mutable_start_time()->set_seconds(1);
  status.mutable_progress()->clear_percent();
  EXPECT_EQ(PredictEnd(status, absl::FromUnixSeconds(5)), absl::InfinitePast());
}

upstream::PollAnswer Ended(bool has_results) {
  upstream::PollAnswer answer;
  answer.status = Completed();
  answer.has_results = has_results;
  return answer;
}

TEST(EndConfirmationTest, AWholeEndIsNotAskedForAgain) {
  EndConfirmation confirmation;

  EXPECT_FALSE(confirmation.AsksAgain(Ended(/*has_results=*/true), kNow));
  EXPECT_FALSE(confirmation.is_asking());
}

TEST(EndConfirmationTest, AnEndWithoutResultsIsAskedForFiveTimes) {
  EndConfirmation confirmation;

  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(confirmation.AsksAgain(Ended(false), kNow + i * absl::Seconds(2)));
    EXPECT_TRUE(confirmation.is_asking());
  }
  EXPECT_FALSE(confirmation.AsksAgain(Ended(false), kNow + absl::Seconds(8)));
}

TEST(EndConfirmationTest, AnEndWithoutResultsIsAskedForWithinTenSeconds) {
  EndConfirmation confirmation;
  EXPECT_TRUE(confirmation.AsksAgain(Ended(false), kNow));

  EXPECT_FALSE(confirmation.AsksAgain(Ended(false), kNow + absl::Seconds(10)));
}

TEST(EndConfirmationTest, WordsThatDisagreeAreAskedForAgain) {
  EndConfirmation confirmation;
  upstream::PollAnswer answer = Ended(true);
  answer.words_disagree = true;

  EXPECT_TRUE(confirmation.AsksAgain(answer, kNow));
  EXPECT_FALSE(confirmation.AsksAgain(Ended(true), kNow + absl::Seconds(2)));
}

PollRecord After(upstream::PollFailureKind kind, int times, absl::Duration apart) {
  PollRecord record;
  for (int i = 0; i < times; ++i) {
    record.OnFailure({.kind = kind}, MeaningOf(kind), absl::Seconds(2), kNow + i * apart);
  }
  return record;
}

TEST(PollRecordTest, ThreeTimesNotFoundOverTenSecondsIsDeleted) {
  using upstream::PollFailureKind;
  const auto not_found = PollFailureKind::kRunNotFound;

  EXPECT_TRUE(After(not_found, 3, absl::Seconds(5)).IsDeleted(kNow + absl::Seconds(10)));
  EXPECT_FALSE(After(not_found, 3, absl::Seconds(4)).IsDeleted(kNow + absl::Seconds(8)));
  EXPECT_FALSE(After(not_found, 2, absl::Seconds(10)).IsDeleted(kNow + absl::Seconds(10)));
}

TEST(PollRecordTest, AnyOtherAnswerBreaksTheRowOfNotFound) {
  PollRecord record = After(upstream::PollFailureKind::kRunNotFound, 2, absl::Seconds(10));
  record.OnFailure({}, MeaningOf(upstream::PollFailureKind::kUnavailable), absl::Seconds(2),
                   kNow + absl::Seconds(12));
  record.OnFailure({}, MeaningOf(upstream::PollFailureKind::kRunNotFound), absl::Seconds(2),
                   kNow + absl::Seconds(14));

  EXPECT_FALSE(record.IsDeleted(kNow + absl::Seconds(14)));
}

TEST(PollRecordTest, AnOutageLastsFromItsFirstFailureToTheNextGoodAnswer) {
  PollRecord record = After(upstream::PollFailureKind::kUnavailable, 3, absl::Seconds(2));
  EXPECT_EQ(record.outage_since(), kNow);
  EXPECT_EQ(record.failures_in_a_row(), 3);

  record.OnGoodAnswer();

  EXPECT_EQ(record.outage_since(), MonotonicTime::InfiniteFuture());
  EXPECT_EQ(record.error().reason, Reason::kNone);
}

TEST(PollRecordTest, ARefusalInAnOutageIsNoOutageButDoesNotEndIt) {
  PollRecord record = After(upstream::PollFailureKind::kUnavailable, 3, absl::Seconds(2));
  const upstream::PollFailure throttled{.kind = upstream::PollFailureKind::kThrottled};
  const upstream::PollFailure down{.kind = upstream::PollFailureKind::kUnavailable};

  record.OnFailure(throttled, MeaningOf(throttled.kind), absl::Seconds(2), kNow + absl::Seconds(8));
  EXPECT_EQ(record.outage_since(), MonotonicTime::InfiniteFuture());

  record.OnFailure(down, MeaningOf(down.kind), absl::Seconds(2), kNow + absl::Seconds(70));
  EXPECT_EQ(record.outage_since(), kNow);
}

TEST(PollRecordTest, OlderStatesForHalfAMinuteAreStale) {
  PollRecord record;
  record.OnGoodAnswer();
  record.OnWentBack(kNow);
  record.OnGoodAnswer();
  record.OnWentBack(kNow + absl::Seconds(29));
  EXPECT_FALSE(record.WentBackForLong(kNow + absl::Seconds(29)));
  EXPECT_EQ(record.error().reason, Reason::kNone);

  record.OnGoodAnswer();
  record.OnWentBack(kNow + absl::Seconds(30));
  EXPECT_EQ(record.error().reason, Reason::kUpstreamWentBack);

  record.OnWentOn();
  EXPECT_FALSE(record.WentBackForLong(kNow + absl::Seconds(31)));
}

TEST(PollRecordTest, TroubleExplainsMoreThanAWait) {
  PollRecord record = After(upstream::PollFailureKind::kUnavailable, 1, absl::Seconds(2));
  record.OnHeldBack(RunError{.reason = Reason::kRunBudgetSpent, .retry_after = absl::Seconds(30)},
                    kNow);

  EXPECT_EQ(record.error().reason, Reason::kUpstreamUnavailable);
  EXPECT_EQ(record.error().retry_after, absl::Seconds(30));
}

}  // namespace
}  // namespace runcast::runs
