// However many watch one run, the platform is asked as if one did.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/watcher_fleet.h"
#include "tests/history/watch_history.h"

namespace runcast::e2e {
namespace {

constexpr int kWatchers = 500;
constexpr int kConnections = 50;
constexpr int kRunSeconds = 60;

WatcherFleet::Options Fleet(const Deployment& deployment, const std::string& run_id,
                            int connections, int watchers) {
  return {.address = deployment.grpc_address(),
          .connections = connections,
          .watchers = watchers,
          .run = [reference = deployment.Reference(run_id)](int) { return reference; }};
}

void ExpectCleanAndComplete(const WatcherFleet& fleet) {
  for (const history::WatchHistory& history : fleet.Histories()) {
    EXPECT_TRUE(history.SawTerminal());
    const auto faults = history.Faults();
    ASSERT_THAT(faults, testing::IsEmpty()) << absl::StrJoin(faults, "\n");
  }
}

int Calls(Deployment& deployment, const std::string& run_id) {
  return deployment.CallsFor(run_id).at("calls").get<int>();
}

TEST(OnePollerTest, FiveHundredWatchersCostWhatOneWatcherCosts) {
  Deployment deployment;
  const auto length = nlohmann::ordered_json{{"duration_ms", kRunSeconds * 1000}};
  const std::string lonely = deployment.StartRun(length);
  const std::string crowded = deployment.StartRun(length);

  WatcherFleet one(Fleet(deployment, lonely, 1, 1));
  WatcherFleet many(Fleet(deployment, crowded, kConnections, kWatchers));
  ASSERT_TRUE(one.WaitForAllEnded(absl::Seconds(kRunSeconds + 30)));
  ASSERT_TRUE(many.WaitForAllEnded(absl::Seconds(30)));

  ExpectCleanAndComplete(one);
  ExpectCleanAndComplete(many);
  EXPECT_NEAR(Calls(deployment, crowded), Calls(deployment, lonely), 1);
  EXPECT_EQ(deployment.Counts().at("violations"), 0);
}

TEST(OnePollerTest, TheSameWhenTheGatewayIsKilledAndStartedAgain) {
  Deployment deployment;
  const auto length = nlohmann::ordered_json{{"duration_ms", kRunSeconds * 1000}};
  const std::string lonely = deployment.StartRun(length);
  const std::string crowded = deployment.StartRun(length);

  WatcherFleet one(Fleet(deployment, lonely, 1, 1));
  WatcherFleet many(Fleet(deployment, crowded, kConnections, kWatchers));
  const auto is_half_way = [](const history::WatchHistory& history) {
    return history.newest().progress().percent() >= 50;
  };
  ASSERT_TRUE(many.WaitForAll(is_half_way, absl::Seconds(kRunSeconds)));
  deployment.gateway().Kill();
  deployment.StartGateway();
  ASSERT_TRUE(one.WaitForAllEnded(absl::Seconds(kRunSeconds + 30)));
  ASSERT_TRUE(many.WaitForAllEnded(absl::Seconds(30)));

  ExpectCleanAndComplete(one);
  ExpectCleanAndComplete(many);
  for (const history::WatchHistory& history : many.Histories()) EXPECT_GE(history.streams(), 2);
  EXPECT_NEAR(Calls(deployment, crowded), Calls(deployment, lonely), 1);
  EXPECT_EQ(deployment.Counts().at("violations"), 0);
}

}  // namespace
}  // namespace runcast::e2e
