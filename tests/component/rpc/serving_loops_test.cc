// On which loops watches are: on all there are, and those of one connection together. And that
// loops wake each other.

#include <memory>
#include <vector>

#include "tests/component/rpc/frame_peer.h"
#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;
using runs::Published;

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
  constexpr int kWatches = 100;  // Less than a loop has places for.
  StartServer();
  FramePeer peer(server_->port());

  peer.StartCalls(kWatches, kWatchRun, WatchRequest().SerializeAsString());

  ASSERT_TRUE(peer.ReadMessages(kWatches));
  EXPECT_EQ(hub_.follower_count(Key()), 1u);
}

// The poll loop may lose its processor to the first loop that it wakes.
TEST_F(ServingLoopsTest, WakeEachOtherForAnUpdate) {
  options_.loops = 4;
  StartServer();
  std::vector<std::unique_ptr<FramePeer>> peers;
  while (hub_.follower_count(Key()) < 4) {
    ASSERT_LT(peers.size(), 100u) << "no watch comes to one of the loops";
    peers.push_back(std::make_unique<FramePeer>(server_->port()));
    peers.back()->StartCalls(1, kWatchRun, WatchRequest().SerializeAsString());
    ASSERT_TRUE(peers.back()->ReadMessages(1));
  }

  for (size_t woken = 0; woken < 4; ++woken) {
    hub_.SayWakingOne(Key(), woken, Published{Frozen(Running(2 + woken, 2 + woken))});

    for (const auto& peer : peers) EXPECT_TRUE(peer->ReadMessages(1)) << woken;
  }
}

}  // namespace
}  // namespace runcast::rpc
