// Peers that are there no more lose their connection. Source: the contract, "WatchRun", 9.

#include <string>

#include "tests/component/rpc/rpc_fixture.h"
#include "tests/component/rpc/silent_peer.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;
using runs::Published;

constexpr char kWatchRun[] = "/runcast.v1.RunStatusService/WatchRun";

class VanishedPeerTest : public RpcTest {
 protected:
  VanishedPeerTest() {
    options_.loops = 1;
    // gRPC pings once a second at most.
    options_.ping_after = absl::Seconds(1);
    options_.peer_timeout = absl::Seconds(2);
  }

  // So long that few of them fill what a connection buffers.
  static runs::SnapshotPtr Long(uint64_t sequence) {
    v1::RunStatus status = Running(sequence, 1);
    status.set_raw_state(std::string(1 << 20, 'x'));
    return Frozen(status);
  }
};

TEST_F(VanishedPeerTest, WithoutASettingItTakesNoLongerThanTheContractSays) {
  const GrpcServer::Options options;

  EXPECT_LE(options.ping_after + options.peer_timeout, absl::Seconds(45));
  EXPECT_EQ(options.limits.stall_timeout, absl::Seconds(30));
}

TEST_F(VanishedPeerTest, AConnectionWhosePeerAnswersNoPingIsClosedAlsoWithoutCalls) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  Watch healthy(stub(), WatchRequest());
  ASSERT_EQ(healthy.NextSequence(), 1);
  const base::MonotonicTime start = clock_.Now();
  const SilentPeer peer(server_->port());

  EXPECT_TRUE(peer.WaitUntilClosed(kWaitLimit));

  EXPECT_GE(clock_.Now() - start, options_.ping_after);
  hub_.Say(Key(), Published{Frozen(Running(2, 2))});
  EXPECT_EQ(healthy.NextSequence(), 2) << "who answers pings is left alone";
}

TEST_F(VanishedPeerTest, TheWatchesOfAPeerThatAnswersNoPingEnd) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  SilentPeer peer(server_->port());
  peer.StartCall(kWatchRun, WatchRequest().SerializeAsString());
  ASSERT_TRUE(WaitUntil([&] { return metrics_.watchers.value() == 1; }));

  EXPECT_TRUE(WaitForNoCalls());
  EXPECT_TRUE(hub_.WaitUntilUnfollowed());
}

TEST_F(VanishedPeerTest, AConnectionWhoseTcpWindowStaysShutIsClosed) {
  // Not by a ping: none gets through to be waited for.
  options_.ping_after = absl::Minutes(10);
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Long(1)});
  SilentPeer peer(server_->port());
  peer.StartCall(kWatchRun, WatchRequest().SerializeAsString());
  uint64_t sequence = 1;
  ASSERT_TRUE(WaitUntil([&] {
    if (hub_.follows().empty()) return false;
    hub_.Say(Key(), Published{Long(++sequence)});
    // A status waits because the write before it does not end.
    return metrics_.watchers.value() == 1 && Metric("runcast_statuses_conflated_total") > 0;
  }));

  EXPECT_TRUE(WaitForNoCalls()) << "sooner than flow control alone would end its stream";
  EXPECT_EQ(Metric("runcast_stalls_total"), 0);
}

}  // namespace
}  // namespace runcast::rpc
