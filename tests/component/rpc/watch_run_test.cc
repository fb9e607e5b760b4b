// The contract's "WatchRun", sentence by sentence, over loopback.

#include <vector>

#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;
using runs::Ended;
using runs::Published;
using runs::Reason;
using testing::ElementsAre;

class WatchRunTest : public RpcTest {};

TEST_F(WatchRunTest, HeadersGoOutAtOnceAlsoWhenNothingIsKnown) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{});

  Watch watch(stub(), WatchRequest());
  watch.WaitForHeaders();

  ASSERT_TRUE(hub_.WaitForFollows(1));
  EXPECT_EQ(hub_.follows()[0].key, Key());
  EXPECT_EQ(hub_.follows()[0].caller, "127.0.0.1");
  EXPECT_FALSE(hub_.follows()[0].resumed);
}

TEST_F(WatchRunTest, TheNewestKnownStatusComesFirst) {
  StartServer();
  const runs::SnapshotPtr snapshot = Frozen(Running(3, 4));
  hub_.AnswerFollowsWith(Key(), Admitted{snapshot});

  Watch watch(stub(), WatchRequest());
  const std::optional<v1::WatchRunResponse> first = watch.Next();

  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->status().sequence(), 3u);
  EXPECT_EQ(first->status().progress().utterances_done(), 4);
  EXPECT_EQ(first->resume_token(), snapshot->encoded_token());
}

TEST_F(WatchRunTest, EveryChangeArrivesInOrderAndTheTerminalOneEndsTheStreamWithOk) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 0))});
  Watch watch(stub(), WatchRequest());
  EXPECT_EQ(watch.NextSequence(), 1);

  hub_.Say(Key(), Published{Frozen(Running(2, 5))});
  EXPECT_EQ(watch.NextSequence(), 2);
  hub_.Say(Key(), Published{Frozen(Completed(3))});
  EXPECT_EQ(watch.NextSequence(), 3);

  EXPECT_FALSE(watch.Next().has_value());
  EXPECT_TRUE(watch.End().ok());
  EXPECT_TRUE(WaitForNoCalls());
}

}  // namespace
}  // namespace runcast::rpc
