// On which loops watches are: as many as there are, and those of one connection together.

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
  StartServer();
  FramePeer peer(server_->port());

  peer.StartCalls(200, kWatchRun, WatchRequest().SerializeAsString());

  ASSERT_TRUE(peer.ReadMessages(200));
  EXPECT_EQ(hub_.follower_count(Key()), 1u);
}

}  // namespace
}  // namespace runcast::rpc
