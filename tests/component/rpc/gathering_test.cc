// What goes to one connection in a row leaves in few packets, and nobody waits for it.

#include <string>

#include "tests/component/rpc/frame_peer.h"
#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;
using runs::Published;

// Less than places for calls in one loop: more of them would not come in one go.
constexpr int kCalls = 50;
// Of whom many updates fit into the first window of a connection.
constexpr int kFew = 3;
constexpr uint32_t kFewPackets = kCalls / 2;
// Each of so many in a row would take the kernel's own 200 ms if it were left to that.
constexpr int kMany = 50;
constexpr char kWatchRun[] = "/runcast.v1.RunStatusService/WatchRun";
constexpr char kGetStatus[] = "/runcast.v1.RunStatusService/GetStatus";

class GatheringTest : public RpcTest {
 protected:
  GatheringTest() {
    options_.loops = 1;
    // However slow the machine is.
    options_.limits.longest_gathering = kWaitLimit;
    runs::TableEntry ended;
    ended.snapshot = Frozen(Completed(1));
    hub_.mutable_table().Put(Key("tr-ended"), ended);
  }
};

TEST_F(GatheringTest, AnUpdateForWatchersOfOneConnection) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  FramePeer peer(server_->port());
  peer.StartCalls(kCalls, kWatchRun, WatchRequest().SerializeAsString());
  ASSERT_TRUE(peer.ReadMessages(kCalls));
  const uint32_t before = peer.packets();

  hub_.Say(Key(), Published{Frozen(Running(2, 2))});

  ASSERT_TRUE(peer.ReadMessages(kCalls));
  EXPECT_LT(peer.packets() - before, kFewPackets);
}

// They came in any order, and some leave.
TEST_F(GatheringTest, UpdatesForWatchersOfTwoConnections) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  FramePeer one(server_->port()), other(server_->port());
  for (int i = 0; i < kCalls; ++i) {
    for (FramePeer* const peer : {&one, &other}) {
      peer->StartCalls(1, kWatchRun, WatchRequest().SerializeAsString());
      ASSERT_TRUE(peer->ReadMessages(1));
    }
  }
  int watchers = kCalls;
  for (const int sequence : {2, 3, 4}) {
    const uint32_t before = one.packets() + other.packets();
    hub_.Say(Key(), Published{Frozen(Running(static_cast<uint64_t>(sequence), sequence))});
    ASSERT_TRUE(one.ReadMessages(watchers));
    ASSERT_TRUE(other.ReadMessages(watchers));
    EXPECT_LT(one.packets() + other.packets() - before, kFewPackets);

    // From the middle and from both ends.
    for (int i = sequence; i < kCalls; i += 5) {
      one.CancelCall(i);
      other.CancelCall(i);
      --watchers;
    }
    ASSERT_TRUE(WaitUntil([&] { return metrics_.watchers.value() == 2 * watchers; }));
  }
}

TEST_F(GatheringTest, NoUpdateIsHeldForLonger) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  FramePeer peer(server_->port());
  peer.StartCalls(kFew, kWatchRun, WatchRequest().SerializeAsString());
  ASSERT_TRUE(peer.ReadMessages(kFew));
  const base::MonotonicTime begin = clock_.Now();

  for (int i = 2; i < 2 + kMany; ++i) {
    hub_.Say(Key(), Published{Frozen(Running(static_cast<uint64_t>(i), 5))});
    ASSERT_TRUE(peer.ReadMessages(kFew));
  }

  EXPECT_LT(clock_.Now() - begin, kMany * absl::Milliseconds(100));
}

TEST_F(GatheringTest, AnswersToReadsThatCameTogether) {
  StartServer();
  FramePeer peer(server_->port());
  const uint32_t before = peer.packets();

  peer.StartCalls(kCalls, kGetStatus, StatusRequest("tr-ended").SerializeAsString());

  ASSERT_TRUE(peer.ReadMessages(kCalls));
  EXPECT_LT(peer.packets() - before, kFewPackets);
}

// Whose connection is whose is remembered from one read to the next.
TEST_F(GatheringTest, AnswersToReadsOfSeveralConnectionsInTurn) {
  StartServer();
  FramePeer lasting(server_->port());
  for (int i = 0; i < 3; ++i) {
    FramePeer passing(server_->port());  // May get the descriptor of the one before.
    for (FramePeer* const peer : {&passing, &lasting, &passing}) {
      const uint32_t before = peer->packets();
      peer->StartCalls(kCalls, kGetStatus, StatusRequest("tr-ended").SerializeAsString());
      ASSERT_TRUE(peer->ReadMessages(kCalls));
      EXPECT_LT(peer->packets() - before, kFewPackets);
    }
  }
}

TEST_F(GatheringTest, NobodyWaitsForACallThatSendsNoMessage) {
  StartServer();
  FramePeer peer(server_->port());
  const base::MonotonicTime begin = clock_.Now();

  for (int i = 0; i < kMany; ++i) {
    // Right behind the read, and with it if the two arrive in one.
    peer.StartCalls(1, kGetStatus, StatusRequest("tr-ended").SerializeAsString(), kGetStatus);
    ASSERT_TRUE(peer.ReadMessages(1));
  }

  EXPECT_LT(clock_.Now() - begin, kMany * absl::Milliseconds(100));
}

}  // namespace
}  // namespace runcast::rpc
