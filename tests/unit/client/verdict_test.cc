#include "client/cli/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/cli/exit_code.h"

namespace runcast::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::RunStatus Completed() {
  v1::RunStatus status;
  status.set_state(v1::RUN_STATE_COMPLETED);
  status.set_terminal(true);
  status.mutable_result()->set_f1_score(0.9);
  status.mutable_result()->set_precision(0.97);
  status.mutable_result()->set_recall(0.85);
  status.mutable_result()->set_failed(4);
  return status;
}

TEST(VerdictTest, ACompletedRunIsGoodWithoutRules) {
  EXPECT_THAT(Faults(Completed(), {}), IsEmpty());
}

TEST(VerdictTest, AScoreMustReachItsLeastValue) {
  EXPECT_THAT(Faults(Completed(), {.min_f1 = 0.9}), IsEmpty());
  EXPECT_THAT(Faults(Completed(), {.min_f1 = 0.91}),
              ElementsAre("F1 is 0.9, at least 0.91 is asked for"));
  EXPECT_THAT(Faults(Completed(), {.min_precision = 0.98}), ElementsAre(HasSubstr("precision")));
  EXPECT_THAT(Faults(Completed(), {.min_recall = 0.86}), ElementsAre(HasSubstr("recall")));
}

TEST(VerdictTest, FailuresMustNotExceedTheirMost) {
  EXPECT_THAT(Faults(Completed(), {.max_failures = 4}), IsEmpty());
  EXPECT_THAT(Faults(Completed(), {.max_failures = 0}),
              ElementsAre("4 utterances failed, at most 0 are allowed"));
}

TEST(VerdictTest, WhatIsAskedForButNotGivenIsNotMet) {
  v1::RunStatus status = Completed();
  status.clear_result();

  EXPECT_THAT(Faults(status, {.min_f1 = 0.0, .max_failures = 100}), SizeIs(2));
}

TEST(VerdictTest, ZeroIsNotAbsent) {
  v1::RunStatus status = Completed();
  status.mutable_result()->set_f1_score(0);
  status.mutable_result()->set_failed(0);

  EXPECT_THAT(Faults(status, {.min_f1 = 0.0, .max_failures = 0}), IsEmpty());
}

TEST(VerdictTest, TellsEveryFault) {
  EXPECT_THAT(Faults(Completed(), {.min_f1 = 1, .min_precision = 1, .min_recall = 1}), SizeIs(3));
}

TEST(VerdictTest, FailedCancelledAndUnknownEndsAreBad) {
  v1::RunStatus status = Completed();
  status.set_state(v1::RUN_STATE_FAILED);
  EXPECT_THAT(Faults(status, {}), ElementsAre("the run failed"));
  status.set_state(v1::RUN_STATE_CANCELLED);
  EXPECT_THAT(Faults(status, {}), ElementsAre("the run was cancelled"));
  status.set_state(v1::RUN_STATE_UNKNOWN);
  status.set_raw_state("odd\x1b");
  EXPECT_THAT(Faults(status, {}), ElementsAre("the run ended with the unknown word `odd?`"));
}

TEST(VerdictTest, ARunThatGoesOnIsNotGood) {
  v1::RunStatus status = Completed();
  status.set_terminal(false);
  status.set_state(v1::RUN_STATE_RUNNING);

  EXPECT_THAT(Faults(status, {}), ElementsAre(HasSubstr("the run has not finished")));
}

TEST(VerdictTest, ThatARunGoesOnIsItsOnlyFault) {
  v1::RunStatus status;
  status.set_state(v1::RUN_STATE_RUNNING);

  EXPECT_THAT(Faults(status, {.min_f1 = 0.9, .max_failures = 0}), SizeIs(1));
}

TEST(VerdictTest, APartialFailureIsBadUnlessAllowed) {
  v1::RunStatus status = Completed();
  status.set_partial_failure(true);

  EXPECT_THAT(Faults(status, {}), SizeIs(1));
  EXPECT_THAT(Faults(status, {.allow_partial = true}), IsEmpty());
}

TEST(ExitCodeTest, FollowsTheTableOfTheHelp) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), ExitCode::kGood);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("")), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("")), ExitCode::kFailed);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("")), ExitCode::kFailed);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("")), ExitCode::kFailed);
}

TEST(ExitCodeTest, WhatTheOtherSideMaySendIsNoInterruptAndNoTimeOut) {
  EXPECT_EQ(ExitCodeOf(absl::CancelledError("")), ExitCode::kFailed);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("")), ExitCode::kFailed);
}

}  // namespace
}  // namespace runcast::cli
