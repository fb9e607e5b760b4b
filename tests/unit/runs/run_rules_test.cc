// The small pure rules of runs/: merging, the breaker, what is kept, whose credentials worked,
// when a run will end.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "gateway/runs/circuit_breaker.h"
#include "gateway/runs/credential_history.h"
#include "gateway/runs/end_prediction.h"
#include "gateway/runs/kept_runs.h"
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
    breaker.OnResult(now, absl::StrCat("st-", i % streams), absl::StrCat("tr-", i), true);
  }
}

TEST(CircuitBreakerTest, OpensWhenHalfOfThePollsFailOverManyRunsAndTenants) {
  CircuitBreaker breaker;
  for (int i = 0; i < 5; ++i) breaker.OnResult(kNow, "st-ok", absl::StrCat("ok-", i), false);

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
  for (int i = 0; i < 30; ++i) breaker.OnResult(kNow, "st-ok", absl::StrCat("ok-", i), false);

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
  breaker.OnResult(kNow + absl::Seconds(3), "st-0", "tr-0", false);
  EXPECT_FALSE(breaker.is_open());

  breaker.OnResult(kNow + absl::Seconds(3), "st-1", "tr-1", true);
  EXPECT_FALSE(breaker.is_open());
}

TEST(CircuitBreakerTest, FailuresOlderThanTwentySecondsDoNotCount) {
  CircuitBreaker breaker;
  FailPolls(breaker, 4, 2);

  breaker.OnResult(kNow + absl::Seconds(25), "st-9", "tr-9", true);

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

}  // namespace
}  // namespace runcast::runs
