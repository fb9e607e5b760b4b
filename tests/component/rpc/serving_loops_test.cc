// On which loops watches are: on all there are, and those of one connection together.

#include <memory>
#include <vector>

#include "tests/component/rpc/frame_peer.h"
#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;

constexpr char kWatchRun[] = "/runcast.v1.RunStatusService/WatchRun";

class ServingLoopsTest : public RpcTest {
 protected:
  void SetUp() override { hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))}); }
};

// gRPC looks through all open calls of a queue whenever it is done with one.
TEST_F(ServingLoopsTest, AreAtLeastFourOnAnyMachine) {
  options_.loops = 0;
  StartServer();
  std::vector<std::unique_ptr<FramePeer>> peers;
  for (int i = 0; i < 20; ++i) {
    peers.push_back(std::make_unique<FramePeer>(server_->port()));
    peers.back()->StartCalls(1, kWatchRun, WatchRequest().SerializeAsString());
    ASSERT_TRUE(peers.back()->ReadMessages(1));
  }

  // Each loop with watchers follows the run once.
  EXPECT_GE(hub_.follower_count(Key()), 4u);
}

TEST_F(ServingLoopsTest, OneHasAllWatchesThatAConnectionOpensAtOnce) {
  constexpr int kWatches = 200;  // Less than a loop has places for.
  StartServer();
  FramePeer peer(server_->port());

  peer.StartCalls(kWatches, kWatchRun, WatchRequest().SerializeAsString());

  ASSERT_TRUE(peer.ReadMessages(kWatches));
  EXPECT_EQ(hub_.follower_count(Key()), 1u);
}

}  // namespace
}  // namespace runcast::rpc
