// Starting, draining and ending the server.

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/component/rpc/raw_client.h"
#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;
using runs::Published;

class ServerLifeTest : public RpcTest {
 protected:
  absl::Status StartFault(GrpcServer::Options options) {
    auto started = GrpcServer::Start(options, {hub_, access_, clock_, metrics_});
    return started.status();
  }
};

TEST_F(ServerLifeTest, APortInUseIsSaidInOneSentence) {
  StartServer();
  options_.port = static_cast<uint16_t>(server_->port());

  const absl::Status fault = StartFault(options_);

  EXPECT_EQ(fault.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(fault.message(),
            absl::StrCat("cannot listen on 127.0.0.1:", options_.port, ": Address already in use"));
}

TEST_F(ServerLifeTest, AnAddressThatIsNoneIsRefused) {
  for (const char* host : {"no host!", "203.0.113.1"}) {
    options_.host = host;
    const absl::Status fault = StartFault(options_);
    EXPECT_EQ(fault.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(std::string(fault.message()), testing::HasSubstr(host));
  }
}

TEST_F(ServerLifeTest, AServerThatServesNobodyEndsAtOnce) {
  StartServer();
  server_->Shutdown(absl::Seconds(10));
  server_->Shutdown(absl::Seconds(10));
  server_ = nullptr;
}

TEST_F(ServerLifeTest, DrainEndsOpenStreamsOverItsSpreadWithReasonAndHint) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < 40; ++i) {
    watches.push_back(std::make_unique<Watch>(stub(), WatchRequest()));
    EXPECT_EQ(watches.back()->NextSequence(), 1);
  }

  const absl::Time start = absl::Now();
  server_->StartDrain(absl::Milliseconds(600));
  EXPECT_TRUE(WaitUntil([&] { return server_->live_calls() < 40; }));
  EXPECT_GT(server_->live_calls(), 10) << "not all at once";
  EXPECT_TRUE(WaitForNoCalls());

  EXPECT_GT(absl::Now() - start, absl::Milliseconds(300));
  for (const auto& watch : watches) {
    EXPECT_FALSE(watch->Next().has_value());
    const grpc::Status status = watch->End();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(ReasonOf(status), "DRAINING");
    const auto retry = DetailOf<details::v1::RetryInfo>(status, "google.rpc.RetryInfo");
    ASSERT_TRUE(retry.has_value());
    EXPECT_LE(retry->retry_delay().seconds(), 2);
  }
  EXPECT_EQ(Metric("runcast_draining"), 1);
  EXPECT_EQ(Metric("runcast_stream_ends_total{reason=\"DRAINING\"}"), 40);
}

TEST_F(ServerLifeTest, ADrainingServerRefusesNewCallsAndPushesBack) {
  StartServer();
  runs::ReadAnswer answer;
  answer.snapshot = Frozen(Running(1, 1));
  hub_.AnswerReadsWith(answer);
  ASSERT_TRUE(GetStatus(StatusRequest()).ok());
  server_->StartDrain(absl::ZeroDuration());
  // The mail reaches the loops some time soon.
  ASSERT_TRUE(WaitUntil([&] { return !GetStatus(StatusRequest()).ok(); }));

  for (int i = 0; i < 10; ++i) {
    const std::string path = i % 2 == 0 ? "GetStatus" : "WatchRun";
    grpc::ClientContext context;
    v1::GetStatusResponse response;
    const grpc::Status status = i % 2 == 0 ? stub().GetStatus(&context, StatusRequest(), &response)
                                           : stub().WatchRun(&context, WatchRequest())->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(ReasonOf(status), "DRAINING");
    EXPECT_EQ(context.GetServerTrailingMetadata().count("grpc-retry-pushback-ms"), 1u) << path;
  }
}

TEST_F(ServerLifeTest, ADrainingServerRefusesNewConnections) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  Watch watch(stub(), WatchRequest());
  EXPECT_EQ(watch.NextSequence(), 1);

  server_->StartDrain(absl::Minutes(10));

  grpc::ChannelArguments alone;  // Else it would share the connection of the watch.
  alone.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  EXPECT_TRUE(WaitUntil([&] {
    return !NewChannel(alone)->WaitForConnected(
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(200, GPR_TIMESPAN)));
  }));
  EXPECT_EQ(server_->live_calls(), 1) << "those that are open go on";
}

TEST_F(ServerLifeTest, AReadThatWaitsDuringDrainIsAnswered) {
  StartServer();
  std::thread reader([&] { EXPECT_TRUE(GetStatus(StatusRequest()).ok()); });
  ASSERT_TRUE(hub_.WaitForReads(1));

  server_->StartDrain(absl::ZeroDuration());
  runs::ReadAnswer answer;
  answer.snapshot = Frozen(Running(1, 1));
  hub_.AnswerWaitingReads(answer);
  reader.join();
}

TEST_F(ServerLifeTest, WhatWaitsForAnAnswerThatWillNotComeEndsWithReason) {
  StartServer();
  Watch watch(stub(), WatchRequest());
  ASSERT_TRUE(hub_.WaitForFollows(1));
  std::thread reader([&] {
    const grpc::Status status = GetStatus(StatusRequest());
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(ReasonOf(status), "DRAINING");
  });
  ASSERT_TRUE(hub_.WaitForReads(1));

  server_->EndCalls();
  EXPECT_TRUE(WaitForNoCalls());
  server_->Shutdown(absl::ZeroDuration());

  reader.join();
  EXPECT_FALSE(watch.Next().has_value());
  EXPECT_EQ(ReasonOf(watch.End()), "DRAINING");
}

TEST_F(ServerLifeTest, ShutdownWaitsForCallsThatEndInTime) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  Watch watch(stub(), WatchRequest());
  EXPECT_EQ(watch.NextSequence(), 1);

  std::thread ending([&] { server_->Shutdown(absl::Seconds(15)); });
  hub_.Say(Key(), Published{Frozen(Completed(2))});
  EXPECT_EQ(watch.NextSequence(), 2);
  EXPECT_FALSE(watch.Next().has_value());
  EXPECT_TRUE(watch.End().ok());

  const absl::Time start = absl::Now();
  ending.join();
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
}

TEST_F(ServerLifeTest, ShutdownCancelsWhateverIsStillOpenAtItsLimit) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < 20; ++i) {
    watches.push_back(std::make_unique<Watch>(stub(), WatchRequest()));
    EXPECT_EQ(watches.back()->NextSequence(), 1);
  }
  std::thread reader([&] { EXPECT_FALSE(GetStatus(StatusRequest()).ok()); });
  ASSERT_TRUE(hub_.WaitForReads(1));

  server_->Shutdown(absl::Milliseconds(100));
  reader.join();

  EXPECT_EQ(server_->live_calls(), 0);
  for (const auto& watch : watches) {
    EXPECT_FALSE(watch->Next().has_value());
    EXPECT_FALSE(watch->End().ok());
  }
  EXPECT_TRUE(hub_.WaitUntilUnfollowed());
}

TEST_F(ServerLifeTest, WhatIsPostedAfterTheEndIsDropped) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  std::atomic<bool> stop{false};
  std::thread hub([&] {
    for (uint64_t i = 2; !stop; ++i) hub_.Say(Key(), Published{Frozen(Running(i, 1))});
  });
  {
    Watch watch(stub(), WatchRequest());
    EXPECT_EQ(watch.NextSequence(), 1);
    server_->Shutdown(absl::ZeroDuration());
    server_->SetServing(true);
    server_->StartDrain(absl::ZeroDuration());
  }
  stop = true;
  hub.join();
}

TEST_F(ServerLifeTest, ReflectionIsThereOnlyOnRequest) {
  constexpr char kPath[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  StartServer();
  EXPECT_EQ(MakeRawCall(NewChannel(), {.path = kPath, .message = std::string("\x3A\x00", 2)})
                .status.error_code(),
            grpc::StatusCode::UNIMPLEMENTED);

  server_ = nullptr;
  options_.reflection = true;
  StartServer();
  const RawEnd end =
      MakeRawCall(NewChannel(), {.path = kPath, .message = std::string("\x3A\x00", 2)});
  EXPECT_TRUE(end.status.ok()) << end.status.error_message();
  ASSERT_EQ(end.messages.size(), 1u);
  EXPECT_THAT(end.messages[0], testing::HasSubstr("runcast.v1.RunStatusService"));
  EXPECT_THAT(end.messages[0], testing::HasSubstr("grpc.health.v1.Health"));
}

}  // namespace
}  // namespace runcast::rpc
