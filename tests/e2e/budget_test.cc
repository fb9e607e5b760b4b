// The gateway's own budget for a run is spent, and nothing is known of it. Source: the contract,
// "Errors".
//
// A process that just started takes the windows as spent by the one before it. With 3 calls a
// minute, 2 of which are kept back, the first call is allowed when it is a minute old.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/error_details.h"
#include "tests/e2e/quick_polling.h"

namespace runcast::e2e {
namespace {

using grpc::StatusCode;

constexpr absl::Duration kWindow = absl::Seconds(60);
// What a busy machine may add.
constexpr absl::Duration kSlack = absl::Seconds(20);

TEST(BudgetTest, AReaderIsToldTheExactWaitAndAWatchStaysOpenThroughIt) {
  Deployment deployment(QuickPolling({{"polling", {{"per_minute", 3}}}}));
  Caller caller(deployment.grpc_address());
  const std::string run_id = deployment.StartRun({{"ran", 10}, {"duration_ms", 600'000}});
  const v1::RunReference run = deployment.Reference(run_id);

  const StatusAnswer answer = caller.GetStatus(run);
  const absl::Time answered = absl::Now();
  const auto watch = caller.Watch(TalkativeWatch(run));

  EXPECT_EQ(answer.end.status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(answer.end.status), "RUN_BUDGET_SPENT");
  const std::optional<absl::Duration> wait = RetryDelayOf(answer.end.status);
  ASSERT_TRUE(wait.has_value());
  EXPECT_GT(*wait, absl::Seconds(20));
  EXPECT_LE(*wait, kWindow);

  const auto nothing_yet = watch->WaitForFreshness(v1::Freshness::STATE_NEVER_SEEN);
  ASSERT_TRUE(nothing_yet.has_value());
  EXPECT_EQ(nothing_yet->reason(), "RUN_BUDGET_SPENT");
  EXPECT_TRUE(watch->is_open());
  EXPECT_EQ(deployment.CallsFor(run_id).value("calls", 0), 0) << "no call was made for it";

  // The first call goes out when the reader was told that it may.
  const auto first =
      watch->WaitFor([](const v1::WatchRunResponse& message) { return message.has_status(); }, 0,
                     kWindow + kSlack);
  const absl::Duration waited = absl::Now() - answered;
  ASSERT_TRUE(first.has_value()) << "the watch was not served after the wait";
  EXPECT_EQ(first->status().progress().utterances_done(), 10);
  EXPECT_GE(waited, *wait - absl::Milliseconds(100));
  EXPECT_LE(waited, *wait + kSlack);
  EXPECT_TRUE(watch->is_open());
  EXPECT_EQ(deployment.CallsFor(run_id).value("calls", 0), 1);
}

}  // namespace
}  // namespace runcast::e2e
