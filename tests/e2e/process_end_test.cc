// How the gateway ends: what open calls are told, and the exit code.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/error_details.h"
#include "tests/e2e/quick_polling.h"

namespace runcast::e2e {
namespace {

using nlohmann::ordered_json;

bool IsDraining(ChildProcess& gateway) {
  return gateway
      .WaitForLine(
          [](const std::string& line) {
            return line.find("gateway.draining") != std::string::npos;
          },
          kWaitLimit)
      .has_value();
}

std::vector<std::unique_ptr<OpenWatch>> OpenWatches(Deployment& deployment, Caller& caller,
                                                    int count) {
  const std::string run = deployment.StartRun({{"ran", 10}, {"duration_ms", 600'000}});
  std::vector<std::unique_ptr<OpenWatch>> watches;
  for (int i = 0; i < count; ++i) watches.push_back(caller.Watch(deployment.Reference(run)));
  for (const auto& watch : watches) {
    EXPECT_TRUE(watch->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());
  }
  return watches;
}

TEST(ProcessEndTest, OpenWatchesAreToldToGoElsewhereAndTheProgramEndsWithZero) {
  Deployment deployment(QuickPolling({{"drain", {{"spread", "300ms"}}}}));
  Caller caller(deployment.grpc_address());
  const auto watches = OpenWatches(deployment, caller, 20);

  deployment.gateway().Signal(SIGTERM);

  for (const auto& watch : watches) {
    const auto end = watch->WaitForEnd();
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(end->status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(ReasonOf(end->status), "DRAINING");
    ASSERT_TRUE(RetryDelayOf(end->status).has_value());
    EXPECT_LE(*RetryDelayOf(end->status), absl::Seconds(2));
    EXPECT_FALSE(watch->resume_token().empty());
  }
  EXPECT_EQ(deployment.gateway().WaitForExit(kWaitLimit), 0);
}

TEST(ProcessEndTest, WithoutCallsItEndsAtOnce) {
  Deployment deployment;

  deployment.gateway().Signal(SIGINT);

  EXPECT_EQ(deployment.gateway().WaitForExit(kWaitLimit), 0);
}

TEST(ProcessEndTest, NewCallsDuringTheSpreadAreRefusedWithAPushback) {
  Deployment deployment(QuickPolling({{"drain", {{"spread", "10m"}, {"hard_deadline", "20m"}}}}));
  Caller caller(deployment.grpc_address());
  const auto watches = OpenWatches(deployment, caller, 3);

  deployment.gateway().Signal(SIGTERM);
  ASSERT_TRUE(IsDraining(deployment.gateway()));
  v1::GetStatusRequest request;
  *request.mutable_run() = deployment.Reference("tr-1");
  const StatusAnswer answer = caller.GetStatusUntil(
      request, [](const StatusAnswer& each) { return ReasonOf(each.end.status) == "DRAINING"; });

  EXPECT_EQ(answer.end.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(answer.end.status), "DRAINING");
  EXPECT_EQ(answer.end.trailers.count("grpc-retry-pushback-ms"), 1u);
}

TEST(ProcessEndTest, DuringTheDelayEverythingIsServedOn) {
  Deployment deployment(QuickPolling({{"drain", {{"delay", "10m"}, {"hard_deadline", "20m"}}}}));
  Caller caller(deployment.grpc_address());
  const auto watches = OpenWatches(deployment, caller, 1);

  deployment.gateway().Signal(SIGTERM);
  ASSERT_TRUE(IsDraining(deployment.gateway()));

  EXPECT_EQ(OpenWatches(deployment, caller, 1).size(), 1u);
  EXPECT_TRUE(watches[0]->is_open());
}

TEST(ProcessEndTest, ASecondSignalEndsItAtOnceWithThree) {
  Deployment deployment(QuickPolling({{"drain", {{"delay", "10m"}, {"hard_deadline", "20m"}}}}));
  Caller caller(deployment.grpc_address());
  const auto watches = OpenWatches(deployment, caller, 3);

  deployment.gateway().Signal(SIGTERM);
  ASSERT_TRUE(IsDraining(deployment.gateway()));
  deployment.gateway().Signal(SIGTERM);

  EXPECT_EQ(deployment.gateway().WaitForExit(kWaitLimit), 3);
}

TEST(ProcessEndTest, AReadThatThePlatformLetsWaitIsToldToGoElsewhere) {
  Deployment deployment(
      QuickPolling({{"drain", {{"delay", "0s"}, {"spread", "0s"}, {"hard_deadline", "60s"}}}}));
  Caller caller(deployment.grpc_address());
  deployment.simulator().Control("POST", "/faults", {{"kind", "hang"}, {"run", "tr-hangs"}});
  deployment.StartRun({{"run_id", "tr-hangs"}});
  StatusAnswer answer;
  std::thread read([&] { answer = caller.GetStatus(deployment.Reference("tr-hangs")); });
  EXPECT_TRUE(simulator_test::SimulatorProcess::Eventually(
      [&] { return deployment.CallsFor("tr-hangs").value("calls", 0) == 1; }, 40));

  deployment.gateway().Signal(SIGTERM);

  EXPECT_EQ(deployment.gateway().WaitForExit(kWaitLimit), 0);
  read.join();
  EXPECT_EQ(answer.end.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(answer.end.status), "DRAINING");
}

TEST(ProcessEndTest, TheHardDeadlineEndsItWithThree) {
  Deployment deployment(
      QuickPolling({{"drain", {{"delay", "0s"}, {"spread", "0s"}, {"hard_deadline", "300ms"}}}}));
  Caller caller(deployment.grpc_address());
  // A read that waits for the platform holds the drain up.
  deployment.simulator().Control("POST", "/faults", {{"kind", "hang"}, {"run", "tr-hangs"}});
  deployment.StartRun({{"run_id", "tr-hangs"}});
  std::thread read([&] { caller.GetStatus(deployment.Reference("tr-hangs")); });
  EXPECT_TRUE(simulator_test::SimulatorProcess::Eventually(
      [&] { return deployment.CallsFor("tr-hangs").value("calls", 0) == 1; }, 40));

  deployment.gateway().Signal(SIGTERM);

  EXPECT_EQ(deployment.gateway().WaitForExit(kWaitLimit), 3);
  read.join();
}

}  // namespace
}  // namespace runcast::e2e
