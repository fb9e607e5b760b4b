// The contract's "WatchRun", 6: going on after a broken stream.

#include <string>

#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;
using runs::Ended;
using runs::Published;
using runs::Reason;

v1::WatchRunRequest ResumeAfter(const v1::RunStatus& seen) {
  v1::WatchRunRequest request = WatchRequest();
  request.set_resume_token(runs::EncodeResumeToken(Frozen(seen)->token()));
  return request;
}

class WatchResumeTest : public RpcTest {
 protected:
  WatchResumeTest() { options_.loops = 1; }
};

TEST_F(WatchResumeTest, EqualFactsAreOneHeartbeatAtOnceAndThenOnlyNews) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(4, 6, 99))});  // Another replica's epoch.

  Watch watch(stub(), ResumeAfter(Running(8, 6)));
  const auto first = watch.Next();
  hub_.Say(Key(), Published{Frozen(Running(5, 7, 99))});

  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(first->has_heartbeat());
  EXPECT_EQ(first->resume_token(), runs::EncodeResumeToken(Frozen(Running(4, 6, 99))->token()));
  EXPECT_EQ(watch.NextSequence(), 5);
  EXPECT_TRUE(hub_.follows()[0].resumed);
}

TEST_F(WatchResumeTest, ATerminalStatusThatWasSeenIsOkAtOnce) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Completed(2, 99))});

  Watch watch(stub(), ResumeAfter(Completed(9)));

  EXPECT_FALSE(watch.Next().has_value());
  const grpc::Status end = watch.End();
  EXPECT_TRUE(end.ok()) << end.error_code() << " " << end.error_message();
}

TEST_F(WatchResumeTest, OtherFactsAreTheNewestStatus) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 8, 99))});

  Watch watch(stub(), ResumeAfter(Running(8, 6)));

  EXPECT_EQ(watch.NextSequence(), 1);
}

TEST_F(WatchResumeTest, WhatIsBehindTheTokenIsHeldBackUntilItHasCaughtUp) {
  options_.limits.least_heartbeat_interval = absl::Milliseconds(50);
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 4, 99))});
  v1::WatchRunRequest request = ResumeAfter(Running(8, 6));
  request.mutable_heartbeat_interval()->set_nanos(100000000);

  Watch watch(stub(), request);
  watch.WaitForHeaders();
  const auto first = watch.Next();
  hub_.Say(Key(), Published{Frozen(Running(2, 5, 99))});
  hub_.Say(Key(), Published{Frozen(Running(3, 7, 99))});

  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(first->has_heartbeat());
  EXPECT_EQ(first->resume_token(), request.resume_token()) << "it resumes from what it has seen";
  std::optional<v1::WatchRunResponse> next = watch.Next();
  while (next && next->has_heartbeat()) next = watch.Next();
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->status().sequence(), 3u);
}

TEST_F(WatchResumeTest, AfterATerminalStatusNothingActiveIsShown) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 10, 99))});

  Watch watch(stub(), ResumeAfter(Completed(9)));
  watch.WaitForHeaders();
  hub_.Say(Key(), Published{Frozen(Completed(2, 99))});

  EXPECT_FALSE(watch.Next().has_value());
  const grpc::Status end = watch.End();
  EXPECT_TRUE(end.ok()) << end.error_code() << " " << end.error_message();
}

TEST_F(WatchResumeTest, ATokenThatCannotBeReadCountsAsNone) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 4))});

  for (const std::string& token : {std::string("x"), std::string(46, '\xFF'), std::string(46, '\1'),
                                   std::string(20000, 'y')}) {
    v1::WatchRunRequest request = WatchRequest();
    request.set_resume_token(token);
    Watch watch(stub(), request);
    EXPECT_EQ(watch.NextSequence(), 1);
  }
  EXPECT_FALSE(hub_.follows()[0].resumed);
}

TEST_F(WatchResumeTest, LateWatchersResumeFromWhatTheLoopKnows) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(4, 6))});
  Watch first(stub(), WatchRequest());
  EXPECT_EQ(first.NextSequence(), 4);

  Watch second(stub(), ResumeAfter(Running(4, 6)));
  const auto sign = second.Next();
  Watch third(stub(), ResumeAfter(Running(3, 5)));

  ASSERT_TRUE(sign.has_value());
  EXPECT_TRUE(sign->has_heartbeat());
  EXPECT_EQ(third.NextSequence(), 4);
  EXPECT_EQ(hub_.follows().size(), 1u);
}

TEST_F(WatchResumeTest, ARefusalOfOurCredentialsSparesWhoResumed) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{});
  Watch fresh(stub(), WatchRequest());
  fresh.WaitForHeaders();
  Watch resumed(stub(), ResumeAfter(Running(3, 5)));
  resumed.WaitForHeaders();

  runs::RunError error = Error(Reason::kUpstreamCredentials, true);
  error.spares_resumed = true;
  hub_.Say(Key(), Ended{error});

  EXPECT_FALSE(fresh.Next().has_value());
  const grpc::Status status = fresh.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(status), "UPSTREAM_CREDENTIALS");
  // Who comes later is judged the same way.
  Watch late(stub(), WatchRequest());
  EXPECT_FALSE(late.Next().has_value());
  EXPECT_EQ(ReasonOf(late.End()), "UPSTREAM_CREDENTIALS");
  hub_.Say(Key(), Published{Frozen(Running(4, 6))});
  EXPECT_EQ(resumed.NextSequence(), 4);
  Watch recovered(stub(), WatchRequest());
  EXPECT_EQ(recovered.NextSequence(), 4);
}

TEST_F(WatchResumeTest, ARefusalInAnswerToTheFirstWatchSparesItIfItResumed) {
  StartServer();
  runs::RunError error = Error(Reason::kUpstreamScope, true);
  error.spares_resumed = true;
  hub_.AnswerFollowsWith(Key(), Ended{error});

  Watch resumed(stub(), ResumeAfter(Running(3, 5)));
  resumed.WaitForHeaders();
  ASSERT_TRUE(hub_.WaitForFollows(1));
  hub_.Say(Key(), Published{Frozen(Running(4, 6))});

  EXPECT_EQ(resumed.NextSequence(), 4);
}

}  // namespace
}  // namespace runcast::rpc
