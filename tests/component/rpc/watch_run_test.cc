// The contract's "WatchRun": what is delivered, and in which order.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;
using runs::Ended;
using runs::Published;
using runs::Reason;
using testing::ElementsAre;

class WatchRunTest : public RpcTest {
 protected:
  // A status that fills a good part of a stream's flow-control window.
  static v1::RunStatus Large(v1::RunStatus status) {
    status.set_raw_state(std::string(30000, 'x'));
    return status;
  }
  // Publishes large statuses from the second one on.
  void SayLargeUntil(uint64_t last) {
    for (uint64_t i = 2; i <= last; ++i) {
      v1::RunStatus status = Large(Running(i, 1));
      status.set_assertion_count(static_cast<int64_t>(i));  // So that the facts differ.
      hub_.Say(Key(), Published{Frozen(std::move(status))});
    }
  }
  // A watch whose stream grants one window of 64 KiB and no more until it is read, of a run whose
  // statuses are large. Once a test.
  std::unique_ptr<Watch> StartSlowWatch() {
    StartServer();
    hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Large(Running(1, 1)))});
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 65535);
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    slow_ = v1::RunStatusService::NewStub(NewChannel(arguments));
    auto watch = std::make_unique<Watch>(*slow_, WatchRequest());
    watch->WaitForHeaders();
    EXPECT_TRUE(hub_.WaitForFollows(1));
    return watch;
  }

 private:
  std::unique_ptr<v1::RunStatusService::Stub> slow_;
};

TEST_F(WatchRunTest, HeadersGoOutAtOnceAlsoWhenNothingIsKnown) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{});

  const absl::Time start = absl::Now();
  Watch watch(stub(), WatchRequest());
  watch.WaitForHeaders();

  // A heartbeat, or the end, would bring headers too, but later.
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
  EXPECT_EQ(Metric("runcast_heartbeats_sent_total"), 0);
  EXPECT_EQ(server_->live_calls(), 1);
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
  EXPECT_EQ(first->resume_token(), runs::EncodeResumeToken(snapshot->token()));
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
  EXPECT_EQ(Metric("runcast_stream_ends_total{reason=\"OK\"}"), 1);
}

TEST_F(WatchRunTest, ARunThatHasEndedIsOneStatusAndOk) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Completed(9))});

  Watch watch(stub(), WatchRequest());

  EXPECT_EQ(watch.NextSequence(), 9);
  EXPECT_FALSE(watch.Next().has_value());
  EXPECT_TRUE(watch.End().ok());
}

TEST_F(WatchRunTest, NothingComesTwiceAndNothingGoesBack) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(5, 5))});
  Watch watch(stub(), WatchRequest());
  EXPECT_EQ(watch.NextSequence(), 5);

  hub_.Say(Key(), Published{Frozen(Running(5, 5))});
  hub_.Say(Key(), Published{Frozen(Running(4, 4))});
  hub_.Say(Key(), Published{Frozen(Running(1, 3, 8))});  // Another epoch, less progress.
  hub_.Say(Key(), Published{Frozen(Running(2, 7, 8))});
  EXPECT_EQ(watch.NextSequence(), 2);
  hub_.Say(Key(), Published{Frozen(Completed(3, 8))});
  EXPECT_EQ(watch.NextSequence(), 3);
  EXPECT_FALSE(watch.Next().has_value());
  EXPECT_TRUE(watch.End().ok());
}

TEST_F(WatchRunTest, NothingFollowsATerminalStatus) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{});
  Watch watch(stub(), WatchRequest());
  ASSERT_TRUE(hub_.WaitForFollows(1));

  hub_.SayInARow(Key(), {Published{Frozen(Completed(3))}, Published{Frozen(Running(4, 4))}});

  EXPECT_EQ(watch.NextSequence(), 3);
  EXPECT_FALSE(watch.Next().has_value());
  EXPECT_TRUE(watch.End().ok());
}

TEST_F(WatchRunTest, HowLongAStatusAndAStreamTookIsCounted) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{});
  Watch one(stub(), WatchRequest());
  Watch two(stub(), WatchRequest());
  one.WaitForHeaders();
  two.WaitForHeaders();

  hub_.Say(Key(), Published{runs::Snapshot::Make(Completed(3), clock_.Now())});
  for (Watch* watch : {&one, &two}) {
    EXPECT_EQ(watch->NextSequence(), 3);
    EXPECT_FALSE(watch->Next().has_value());
    EXPECT_TRUE(watch->End().ok());
  }
  ASSERT_TRUE(WaitForNoCalls());

  const double loops = Metric("runcast_delivery_seconds_count");
  EXPECT_GE(loops, 1) << "one a loop, not one a watcher";
  EXPECT_LE(loops, 2);
  EXPECT_LT(Metric("runcast_delivery_seconds_sum"), absl::ToDoubleSeconds(kWaitLimit));
  EXPECT_EQ(Metric(R"(grpc_server_handling_seconds_count{grpc_type="server_stream",)"
                   R"(grpc_service="runcast.v1.RunStatusService",grpc_method="WatchRun"})"),
            2);
}

TEST_F(WatchRunTest, ASlowReaderMissesStatusesInBetweenButNeverTheTerminalOne) {
  const auto watch = StartSlowWatch();
  constexpr uint64_t kLast = 60;
  SayLargeUntil(kLast - 1);
  hub_.Say(Key(), Published{Frozen(Large(Completed(kLast)))});

  std::vector<uint64_t> sequences;
  while (const auto response = watch->Next()) sequences.push_back(response->status().sequence());
  EXPECT_TRUE(watch->End().ok());
  ASSERT_FALSE(sequences.empty());
  EXPECT_EQ(sequences.back(), kLast);
  EXPECT_LT(sequences.size(), kLast / 2);
  EXPECT_TRUE(std::is_sorted(sequences.begin(), sequences.end(), std::less_equal<>()));
  EXPECT_GT(Metric("runcast_statuses_conflated_total"), 0);
}

TEST_F(WatchRunTest, ASlowReaderGetsTheNewestAlsoWhenNothingFollowsIt) {
  const auto watch = StartSlowWatch();
  constexpr int64_t kLast = 60;
  SayLargeUntil(kLast);
  ASSERT_TRUE(WaitUntil([&] { return Metric("runcast_statuses_conflated_total") > 0; }));

  // A heartbeat in its place counts as -1.
  int64_t sequence = 0;
  int statuses = 0;
  while (sequence >= 0 && sequence < kLast) {
    sequence = watch->NextSequence();
    ++statuses;
  }
  EXPECT_EQ(sequence, kLast);
  EXPECT_LT(statuses, kLast / 2);
}

TEST_F(WatchRunTest, WatchersOfOneRunOnOneLoopAreOneFollower) {
  options_.loops = 1;
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});

  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < 5; ++i) {
    watches.push_back(std::make_unique<Watch>(stub(), WatchRequest()));
    EXPECT_EQ(watches.back()->NextSequence(), 1);
  }

  EXPECT_EQ(hub_.follows().size(), 1u);
  EXPECT_EQ(Metric("runcast_watchers"), 5);
}

TEST_F(WatchRunTest, TheRunIsUnfollowedWhenTheLastWatcherLeft) {
  options_.loops = 1;
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  auto first = std::make_unique<Watch>(stub(), WatchRequest());
  auto second = std::make_unique<Watch>(stub(), WatchRequest());
  EXPECT_EQ(first->NextSequence(), 1);
  EXPECT_EQ(second->NextSequence(), 1);

  first = nullptr;
  ASSERT_TRUE(WaitUntil([&] { return server_->live_calls() == 1; }));
  EXPECT_EQ(hub_.follower_count(Key()), 1u);
  second = nullptr;

  EXPECT_TRUE(hub_.WaitUntilUnfollowed());
  EXPECT_TRUE(WaitForNoCalls());
}

TEST_F(WatchRunTest, AWatchAfterTheEndAsksTheHubAnew) {
  options_.loops = 1;
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Completed(2))});
  Watch first(stub(), WatchRequest());
  EXPECT_EQ(first.NextSequence(), 2);
  EXPECT_FALSE(first.Next().has_value());

  Watch second(stub(), WatchRequest());
  EXPECT_EQ(second.NextSequence(), 2);

  EXPECT_EQ(hub_.follows().size(), 2u);
}

TEST_F(WatchRunTest, ManyWatchersOnManyConnectionsAllSeeTheEnd) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  std::vector<std::unique_ptr<v1::RunStatusService::Stub>> stubs;
  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < 20; ++i) {
    stubs.push_back(v1::RunStatusService::NewStub(NewChannel()));
    for (int j = 0; j < 10; ++j) {
      watches.push_back(std::make_unique<Watch>(*stubs.back(), WatchRequest()));
    }
  }
  for (const auto& watch : watches) EXPECT_EQ(watch->NextSequence(), 1);
  EXPECT_EQ(hub_.follower_count(Key()), 2u) << "both loops have watchers";

  for (uint64_t i = 2; i < 6; ++i) {
    hub_.Say(Key(), Published{Frozen(Running(i, static_cast<int64_t>(i)))});
  }
  hub_.Say(Key(), Published{Frozen(Completed(6))});

  for (const auto& watch : watches) {
    int64_t last = 1;
    while (const auto response = watch->Next()) {
      const auto sequence = static_cast<int64_t>(response->status().sequence());
      EXPECT_GT(sequence, last);
      last = sequence;
    }
    EXPECT_EQ(last, 6);
    EXPECT_TRUE(watch->End().ok());
  }
  EXPECT_TRUE(WaitForNoCalls());
}

TEST_F(WatchRunTest, CallersThatLeaveAtAnyMomentLeaveNothingBehind) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});

  for (uint64_t i = 2; i < 100; ++i) {
    Watch watch(stub(), WatchRequest());
    if (i % 3 == 0) watch.NextSequence();
    if (i % 4 == 0) hub_.Say(Key(), Published{Frozen(Running(i, 2))});
    watch.Cancel();
  }

  EXPECT_TRUE(WaitForNoCalls());
  EXPECT_TRUE(hub_.WaitUntilUnfollowed());
  EXPECT_EQ(Metric("runcast_watchers"), 0);
}

TEST_F(WatchRunTest, TheCallersDeadlineEndsTheStream) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{});
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));

  const auto reader = stub().WatchRun(&context, WatchRequest());
  v1::WatchRunResponse response;
  EXPECT_FALSE(reader->Read(&response));

  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(WaitForNoCalls());
  EXPECT_TRUE(hub_.WaitUntilUnfollowed());
}

}  // namespace
}  // namespace runcast::rpc
