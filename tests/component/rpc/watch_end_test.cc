// The contract's "WatchRun": silence, age, stalls, access and errors.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;
using runs::Ended;
using runs::Published;
using runs::Reason;

class WatchEndTest : public RpcTest {
 protected:
  WatchEndTest() {
    options_.loops = 1;
    options_.limits.least_heartbeat_interval = absl::Milliseconds(10);
  }
};

TEST_F(WatchEndTest, AfterSilenceAHeartbeatSaysWhatIsKnown) {
  StartServer();
  const runs::SnapshotPtr snapshot = Frozen(Running(3, 4));
  runs::TableEntry entry;
  entry.snapshot = snapshot;
  entry.vitals.last_good_answer = absl::FromUnixSeconds(1000);
  entry.vitals.next_poll = absl::FromUnixSeconds(1002);
  entry.vitals.predicted_end = absl::FromUnixSeconds(1100);
  entry.vitals.freshness.set_state(v1::Freshness::STATE_STALE);
  entry.vitals.freshness.set_reason("UPSTREAM_UNAVAILABLE");
  hub_.mutable_table().Put(Key(), entry);
  hub_.AnswerFollowsWith(Key(), Admitted{snapshot});

  Watch watch(stub(), WithHeartbeat(absl::Milliseconds(200)));
  EXPECT_EQ(watch.NextSequence(), 3);
  const absl::Time silent_since = absl::Now();
  for (int i = 0; i < 3; ++i) {
    const auto response = watch.Next();
    ASSERT_TRUE(response.has_value());
    ASSERT_TRUE(response->has_heartbeat());
    EXPECT_EQ(response->resume_token(), runs::EncodeResumeToken(snapshot->token()));
    EXPECT_EQ(response->heartbeat().last_good_answer_at().seconds(), 1000);
    EXPECT_EQ(response->heartbeat().next_poll_at().seconds(), 1002);
    EXPECT_EQ(response->heartbeat().predicted_end_at().seconds(), 1100);
    EXPECT_EQ(response->heartbeat().freshness().reason(), "UPSTREAM_UNAVAILABLE");
  }
  EXPECT_GE(absl::Now() - silent_since, absl::Milliseconds(3 * 170));
}

TEST_F(WatchEndTest, HeartbeatsComeAlsoBeforeAnythingIsKnown) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{});

  Watch watch(stub(), WithHeartbeat(absl::Milliseconds(50)));
  const auto response = watch.Next();

  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->heartbeat().freshness().state(), v1::Freshness::STATE_NEVER_SEEN);
  EXPECT_TRUE(response->resume_token().empty());
}

TEST_F(WatchEndTest, WhyNothingIsKnownIsToldOnceWithoutWaitingForTheHeartbeat) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{});
  Watch watch(stub(), WithHeartbeat(absl::Seconds(8)));
  watch.WaitForHeaders();
  const absl::Time start = absl::Now();
  runs::TableEntry entry;
  entry.vitals.freshness.set_state(v1::Freshness::STATE_NEVER_SEEN);
  entry.vitals.freshness.set_reason("UPSTREAM_CREDENTIALS");
  hub_.mutable_table().Put(Key(), entry);

  const auto early = watch.Next();
  const absl::Time told = absl::Now();
  const auto in_turn = watch.Next();

  ASSERT_TRUE(early.has_value());
  EXPECT_EQ(early->heartbeat().freshness().reason(), "UPSTREAM_CREDENTIALS");
  EXPECT_LT(told - start, absl::Seconds(4));
  ASSERT_TRUE(in_turn.has_value());
  EXPECT_TRUE(in_turn->has_heartbeat());
  EXPECT_GT(absl::Now() - told, absl::Seconds(7));
}

TEST_F(WatchEndTest, WithoutTroubleTheFirstHeartbeatComesInItsTurn) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{});
  Watch watch(stub(), WithHeartbeat(absl::Seconds(3)));
  watch.WaitForHeaders();
  const absl::Time start = absl::Now();

  const auto first = watch.Next();

  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(first->has_heartbeat());
  EXPECT_GT(absl::Now() - start, absl::Seconds(2.5));
}

TEST_F(WatchEndTest, StatusesBreakTheSilence) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  Watch watch(stub(), WithHeartbeat(absl::Milliseconds(1000)));
  EXPECT_EQ(watch.NextSequence(), 1);

  // Two seconds of statuses, none more than a tenth of the interval apart.
  const absl::Time end = absl::Now() + absl::Seconds(2);
  for (uint64_t i = 2; absl::Now() < end; ++i) {
    hub_.Say(Key(), Published{Frozen(Running(i, 1))});
    EXPECT_EQ(watch.NextSequence(), static_cast<int64_t>(i));
    const absl::Time next = absl::Now() + absl::Milliseconds(50);
    WaitUntil([&] { return absl::Now() >= next; });
  }

  EXPECT_EQ(Metric("runcast_heartbeats_sent_total"), 0);
}

TEST_F(WatchEndTest, AtItsAgeAStreamEndsWithReasonAndHint) {
  options_.limits.max_age = absl::Seconds(1);
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});

  const absl::Time start = absl::Now();
  Watch watch(stub(), WatchRequest());
  EXPECT_EQ(watch.NextSequence(), 1);
  EXPECT_FALSE(watch.Next().has_value());
  const grpc::Status status = watch.End();

  EXPECT_GE(absl::Now() - start, absl::Milliseconds(880));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "STREAM_MAX_AGE");
  EXPECT_TRUE(DetailOf<details::v1::RetryInfo>(status, "google.rpc.RetryInfo").has_value());
  EXPECT_TRUE(WaitForNoCalls());
  EXPECT_EQ(Metric("runcast_stream_ends_total{reason=\"STREAM_MAX_AGE\"}"), 1);
  EXPECT_TRUE(hub_.WaitUntilUnfollowed());
}

TEST_F(WatchEndTest, AStreamThatGrantsNoWindowIsEnded) {
  options_.limits.stall_timeout = absl::Milliseconds(300);
  StartServer();
  v1::RunStatus large = Running(1, 1);
  large.set_raw_state(std::string(500000, 'x'));
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(large)});

  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  const auto slow = v1::RunStatusService::NewStub(NewChannel(arguments));
  Watch watch(*slow, WatchRequest());
  watch.WaitForHeaders();
  EXPECT_TRUE(WaitForNoCalls());

  EXPECT_EQ(Metric("runcast_stalls_total"), 1);
  EXPECT_EQ(Metric("runcast_stream_ends_total{reason=\"STALLED\"}"), 1);
  while (watch.Next()) {
  }
  EXPECT_EQ(watch.End().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(WatchEndTest, OneThatStallsHoldsUpNobodyElse) {
  StartServer();
  v1::RunStatus large = Running(1, 1);
  large.set_raw_state(std::string(500000, 'x'));
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(large)});
  const auto slow = v1::RunStatusService::NewStub(NewChannel());
  Watch stalled(*slow, WatchRequest());
  stalled.WaitForHeaders();

  Watch reading(stub(), WatchRequest());
  EXPECT_EQ(reading.NextSequence(), 1);
  for (uint64_t i = 2; i < 20; ++i) {
    hub_.Say(Key(), Published{Frozen(Running(i, 2))});
    EXPECT_EQ(reading.NextSequence(), static_cast<int64_t>(i));
  }
}

TEST_F(WatchEndTest, AccessIsCheckedWhenThePolicyChanges) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  Watch watch(stub(), WatchRequest());
  EXPECT_EQ(watch.NextSequence(), 1);

  access_.Set(access::Verdict::kAccessDenied);
  access_.RaiseGeneration();

  EXPECT_FALSE(watch.Next().has_value());
  const grpc::Status status = watch.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(status), "ACCESS_DENIED");
}

TEST_F(WatchEndTest, NoStatusGoesOutUnderAPolicyThatHasGone) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  Watch watch(stub(), WatchRequest());
  EXPECT_EQ(watch.NextSequence(), 1);

  access_.Set(access::Verdict::kAccessDenied);
  access_.RaiseGeneration();
  hub_.Say(Key(), Published{Frozen(Completed(2))});

  EXPECT_FALSE(watch.Next().has_value());
  EXPECT_EQ(ReasonOf(watch.End()), "ACCESS_DENIED");
}

TEST_F(WatchEndTest, AccessIsCheckedAgainAfterAWhileOfSilence) {
  options_.limits.access_recheck = absl::Milliseconds(100);
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  Watch watch(stub(), WatchRequest());
  EXPECT_EQ(watch.NextSequence(), 1);

  EXPECT_TRUE(WaitUntil([&] { return access_.checks() >= 4; }));
  access_.Set(access::Verdict::kStreamNotServed);

  EXPECT_FALSE(watch.Next().has_value());
  EXPECT_EQ(ReasonOf(watch.End()), "STREAM_NOT_SERVED");
}

TEST_F(WatchEndTest, AccessIsCheckedAgainAfterAWhileWhateverWasSent) {
  options_.limits.access_recheck = absl::Milliseconds(100);
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  Watch watch(stub(), WatchRequest());
  EXPECT_EQ(watch.NextSequence(), 1);
  access_.Set(access::Verdict::kAccessDenied);

  // Statuses without a pause, some of them in each interval.
  const absl::Time limit = absl::Now() + kWaitLimit;
  bool open = true;
  for (uint64_t i = 2; open && absl::Now() < limit; ++i) {
    hub_.Say(Key(), Published{Frozen(Running(i, 1))});
    open = watch.Next().has_value();
    const absl::Time next = absl::Now() + absl::Milliseconds(20);
    WaitUntil([&] { return absl::Now() >= next; });
  }

  ASSERT_FALSE(open) << "nobody looked while there was something to send";
  EXPECT_EQ(ReasonOf(watch.End()), "ACCESS_DENIED");
}

TEST_F(WatchEndTest, WhatWasStaleStaysOpenAndTheOutageLimitEndsIt) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{});
  Watch watch(stub(), WatchRequest());
  watch.WaitForHeaders();
  v1::RunStatus stale = Running(2, 5);
  stale.mutable_freshness()->set_state(v1::Freshness::STATE_STALE);
  hub_.Say(Key(), Published{Frozen(stale)});
  EXPECT_EQ(watch.NextSequence(), 2);

  runs::RunError error = Error(Reason::kUpstreamUnavailable, true);
  error.message = "status of run tr-1: no good answer for 15 min";
  hub_.Say(Key(), Ended{error});

  EXPECT_FALSE(watch.Next().has_value());
  const grpc::Status status = watch.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), error.message);
  EXPECT_EQ(ReasonOf(status), "UPSTREAM_UNAVAILABLE");
  EXPECT_TRUE(hub_.WaitUntilUnfollowed());
}

TEST_F(WatchEndTest, AnEndRightAfterAStatusKeepsItsReason) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  Watch watch(stub(), WatchRequest());
  EXPECT_EQ(watch.NextSequence(), 1);

  hub_.Say(Key(), Published{Frozen(Running(2, 2))});
  hub_.Say(Key(), Ended{Error(Reason::kRunDeleted, true)});

  // The status arrives unless the first one was still on its way.
  while (watch.Next()) {
  }
  const grpc::Status status = watch.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(status), "RUN_DELETED");
}

}  // namespace
}  // namespace runcast::rpc
