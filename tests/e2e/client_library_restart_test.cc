// Users of the client library do not notice that their gateway was restarted, be they connected to
// it or to a proxy in front (RUNCAST_CLIENT_PROXY).

#include <gtest/gtest.h>
#include <signal.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "runcast/run_status_client.h"
#include "tests/component/client/proxy.h"
#include "tests/e2e/deployment.h"

namespace runcast::e2e {
namespace {

constexpr int kWatchers = 50;

// What the watchers saw, under one lock.
class Board {
 public:
  void OnStatus(size_t watcher, const v1::RunStatus& status) {
    std::lock_guard lock(mutex_);
    went_back_ |=
        !status.terminal() && status.progress().percent() < newest_[watcher].progress().percent();
    newest_[watcher] = status;
    changed_.notify_all();
  }
  void OnEnd(const absl::Status& end) {
    std::lock_guard lock(mutex_);
    ends_.push_back(end);
    changed_.notify_all();
  }
  bool WaitUntilAllAreAt(double percent) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] {
      for (const auto& status : newest_) {
        if (status.progress().percent() < percent) return false;
      }
      return true;
    });
  }
  bool WaitForEnds() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60),
                             [&] { return ends_.size() == newest_.size(); });
  }
  std::vector<v1::RunStatus> newest() const {
    std::lock_guard lock(mutex_);
    return newest_;
  }
  std::vector<absl::Status> ends() const {
    std::lock_guard lock(mutex_);
    return ends_;
  }
  bool went_back() const {
    std::lock_guard lock(mutex_);
    return went_back_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<v1::RunStatus> newest_ = std::vector<v1::RunStatus>(kWatchers);
  std::vector<absl::Status> ends_;
  bool went_back_ = false;
};

class ClientLibraryRestartTest : public testing::TestWithParam<int> {};

TEST_P(ClientLibraryRestartTest, AllWatchersSeeTheTerminalState) {
  Deployment deployment;
  const auto proxy = tests::Proxy::FromEnvironment(deployment.grpc_address());
  const std::string run = deployment.StartRun({{"duration_ms", 20'000}});
  Board board;
  // Each watcher is a service of its own: none shares another's stream.
  std::vector<std::unique_ptr<client::RunStatusClient>> clients;
  std::vector<client::WatchHandle> watches;
  for (size_t i = 0; i < kWatchers; ++i) {
    client::ClientOptions options;
    options.targets = {proxy != nullptr ? proxy->target() : deployment.grpc_address()};
    clients.push_back(client::RunStatusClient::Make(options).value());
    watches.push_back(clients.back()->Watch(
        deployment.Reference(run),
        {.on_status = [&board, i](const v1::RunStatus& status) { board.OnStatus(i, status); },
         .on_done = [&board](const absl::Status& end) { board.OnEnd(end); }}));
  }
  ASSERT_TRUE(board.WaitUntilAllAreAt(30));

  deployment.gateway().Signal(GetParam());
  ASSERT_TRUE(deployment.gateway().WaitForExit(absl::Seconds(20)).has_value());
  deployment.StartGateway();

  ASSERT_TRUE(board.WaitForEnds());
  for (const absl::Status& end : board.ends()) EXPECT_EQ(end, absl::OkStatus());
  for (const v1::RunStatus& status : board.newest()) {
    EXPECT_TRUE(status.terminal());
    EXPECT_EQ(status.state(), v1::RUN_STATE_COMPLETED);
  }
  EXPECT_FALSE(board.went_back());
  EXPECT_EQ(deployment.Counts().at("violations"), 0);
}

INSTANTIATE_TEST_SUITE_P(Signals, ClientLibraryRestartTest, testing::Values(SIGTERM, SIGKILL),
                         [](const auto& signal) {
                           return signal.param == SIGTERM ? "Term" : "Kill";
                         });

}  // namespace
}  // namespace runcast::e2e
