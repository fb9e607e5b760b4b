// A watch whose writes flow control holds back: what it gets, and what not, once it reads again.

#include <memory>
#include <string>

#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;
using runs::Published;

// One status fills the window of its stream, the next one waits for it.
class HeldBackTest : public RpcTest {
 protected:
  HeldBackTest() {
    options_.loops = 1;
    options_.limits.least_heartbeat_interval = absl::Milliseconds(10);
  }
  void Open(const v1::WatchRunRequest& request = WatchRequest()) {
    StartServer();
    v1::RunStatus large = Running(1, 1);
    large.set_raw_state(std::string(500000, 'x'));
    hub_.AnswerFollowsWith(Key(), Admitted{Frozen(large)});
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    slow_ = v1::RunStatusService::NewStub(NewChannel(arguments));
    watch_ = std::make_unique<Watch>(*slow_, request);
    watch_->WaitForHeaders();
  }
  // Reads what was on its way before; then the end must come for want of access.
  void ExpectNothingMoreThan(int64_t sequence) {
    while (const auto response = watch_->Next()) {
      EXPECT_LE(static_cast<int64_t>(response->status().sequence()), sequence);
    }
    EXPECT_EQ(ReasonOf(watch_->End()), "ACCESS_DENIED");
  }

  std::unique_ptr<v1::RunStatusService::Stub> slow_;
  std::unique_ptr<Watch> watch_;
};

TEST_F(HeldBackTest, NoStatusGoesOutUnderAPolicyThatHasGoneMeanwhile) {
  Open();
  hub_.Say(Key(), Published{Frozen(Running(2, 2))});
  hub_.Say(Key(), Published{Frozen(Running(3, 3))});
  ASSERT_TRUE(WaitUntil([&] { return Metric("runcast_statuses_conflated_total") == 1; }));

  access_.Set(access::Verdict::kAccessDenied);
  access_.RaiseGeneration();

  ExpectNothingMoreThan(1);
}

TEST_F(HeldBackTest, NoTerminalStatusGoesOutUnderAPolicyThatHasGoneMeanwhile) {
  Open();
  hub_.Say(Key(), Published{Frozen(Completed(2))});
  ASSERT_TRUE(hub_.WaitForUnfollows(1));

  access_.Set(access::Verdict::kAccessDenied);
  access_.RaiseGeneration();

  ExpectNothingMoreThan(1);
}

TEST_F(HeldBackTest, AccessIsCheckedAgainAfterAWhileAlsoBeforeTheTerminalStatus) {
  options_.limits.access_recheck = absl::Milliseconds(100);
  Open();
  hub_.Say(Key(), Published{Frozen(Completed(2))});
  ASSERT_TRUE(hub_.WaitForUnfollows(1));

  access_.Set(access::Verdict::kAccessDenied);
  const int checks = access_.checks();
  ASSERT_TRUE(WaitUntil([&] { return access_.checks() > checks; }));

  ExpectNothingMoreThan(1);
}

TEST_F(HeldBackTest, ATerminalStatusGoesOutUnderANewPolicyThatAllowsIt) {
  Open();
  hub_.Say(Key(), Published{Frozen(Completed(2))});
  ASSERT_TRUE(hub_.WaitForUnfollows(1));

  access_.RaiseGeneration();

  EXPECT_EQ(watch_->NextSequence(), 1);
  EXPECT_EQ(watch_->NextSequence(), 2);
  EXPECT_FALSE(watch_->Next().has_value());
  EXPECT_TRUE(watch_->End().ok());
}

TEST_F(HeldBackTest, NothingReplacesATerminalStatus) {
  Open();
  hub_.SayInARow(Key(), {Published{Frozen(Completed(2))}, Published{Frozen(Running(3, 3))}});
  ASSERT_TRUE(hub_.WaitForUnfollows(1));

  EXPECT_EQ(watch_->NextSequence(), 1);
  EXPECT_EQ(watch_->NextSequence(), 2);
  EXPECT_FALSE(watch_->Next().has_value());
  EXPECT_TRUE(watch_->End().ok());
}

TEST_F(HeldBackTest, NoHeartbeatTellsOfMoreThanWasDelivered) {
  constexpr absl::Duration kInterval = absl::Milliseconds(100);
  Open(WithHeartbeat(kInterval));
  const runs::SnapshotPtr newest = Frozen(Running(3, 3));
  hub_.Say(Key(), Published{Frozen(Running(2, 2))});
  hub_.Say(Key(), Published{newest});
  ASSERT_TRUE(WaitUntil([&] { return Metric("runcast_statuses_conflated_total") == 1; }));
  // Several heartbeats fall due, and none may go out.
  const absl::Time later = absl::Now() + 5 * kInterval;
  WaitUntil([&] { return absl::Now() >= later; });
  EXPECT_EQ(Metric("runcast_heartbeats_sent_total"), 0);

  EXPECT_EQ(watch_->NextSequence(), 1);
  EXPECT_EQ(watch_->NextSequence(), 3) << "before any heartbeat";
  for (int i = 0; i < 2; ++i) {
    const auto heartbeat = watch_->Next();
    ASSERT_TRUE(heartbeat.has_value());
    ASSERT_TRUE(heartbeat->has_heartbeat());
    EXPECT_EQ(heartbeat->resume_token(), runs::EncodeResumeToken(newest->token()));
  }
}

}  // namespace
}  // namespace runcast::rpc
