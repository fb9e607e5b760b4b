// What a watch of the client library promises, over real connections.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "runcast/error_reason.h"
#include "tests/component/client/client_fixture.h"
#include "tests/component/client/scripted_gateway.h"
#include "tests/component/client/watch_record.h"

namespace runcast::tests {
namespace {

using client::ClientOptions;
using client::WatchHandle;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using State = client::ConnectionNews::State;

TEST(WatchTest, DeliversEachStatusAndEndsWithOkAfterTheTerminalOne) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    call.Send(Running(7, 1, 10), "a");
    call.Send(Running(7, 2, 20), "b");
    call.Send(Completed(7, 3), "c");
    return grpc::Status::OK;
  }});
  const auto client = MakeClient(OptionsFor(gateway));
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  EXPECT_THAT(record.progress(), ElementsAre(10, 20, 40));
  EXPECT_THAT(record.ends(), ElementsAre(absl::OkStatus()));
}

TEST(WatchTest, AsksWithTheRunTheHeartbeatAndTheEncodedRunIdInTheHeader) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    call.Send(Completed(7, 1), "a");
    return grpc::Status::OK;
  }});
  ClientOptions options = OptionsFor(gateway);
  options.heartbeat_interval = absl::Milliseconds(7500);
  const auto client = MakeClient(options);
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun("tr ü/1"), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  ASSERT_EQ(gateway.watch_calls(), 1);
  const v1::WatchRunRequest request = gateway.watch_requests()[0];
  EXPECT_EQ(request.run().run_id(), "tr ü/1");
  EXPECT_EQ(request.run().suite_name(), "smoke tests");
  EXPECT_EQ(request.resume_token(), "");
  EXPECT_EQ(request.heartbeat_interval().seconds(), 7);
  EXPECT_EQ(request.heartbeat_interval().nanos(), 500000000);
  EXPECT_THAT(gateway.run_headers(), ElementsAre("tr%20%C3%BC%2F1"));
}

TEST(WatchTest, GoesOnAfterACutWithTheTokenOfTheLastMessage) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    if (call.number() == 0) {
      call.Send(Running(7, 1, 10), "after-1");
      call.SendHeartbeat("after-heartbeat");
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut");
    }
    call.Send(Completed(7, 2), "after-2");
    return grpc::Status::OK;
  }});
  const auto client = MakeClient(OptionsFor(gateway));
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  EXPECT_THAT(record.progress(), ElementsAre(10, 40));
  ASSERT_EQ(gateway.watch_calls(), 2);
  EXPECT_EQ(gateway.watch_requests()[1].resume_token(), "after-heartbeat");
}

TEST(WatchTest, TakesAnOkEndWithoutTerminalStatusAsACut) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    if (call.number() < 2) return grpc::Status::OK;
    call.Send(Completed(7, 1), "a");
    return grpc::Status::OK;
  }});
  const auto client = MakeClient(OptionsFor(gateway));
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  EXPECT_THAT(record.ends(), ElementsAre(absl::OkStatus()));
  EXPECT_EQ(gateway.watch_calls(), 3);
}

TEST(WatchTest, ACutAfterTheTerminalStatusIsStillAGoodEnd) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    call.Send(Completed(7, 1), "a");
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut");
  }});
  const auto client = MakeClient(OptionsFor(gateway));
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  EXPECT_THAT(record.ends(), ElementsAre(absl::OkStatus()));
  EXPECT_EQ(gateway.watch_calls(), 1);
}

TEST(WatchTest, DropsDuplicatesAndOlderStatusesAndKeepsTheTokenOfWhatWasShown) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    if (call.number() == 0) {
      call.Send(Running(7, 5, 20), "at-20");
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut");
    }
    if (call.number() == 1) {
      call.Send(Running(7, 5, 20), "at-20");  // Again.
      call.Send(Running(8, 1, 10), "at-10");  // Another replica that is behind.
      call.SendHeartbeat("at-10");
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut");
    }
    call.Send(Running(8, 2, 30), "at-30");
    call.Send(Completed(8, 3), "at-40");
    return grpc::Status::OK;
  }});
  const auto client = MakeClient(OptionsFor(gateway));
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  EXPECT_THAT(record.progress(), ElementsAre(20, 30, 40));
  ASSERT_EQ(gateway.watch_calls(), 3);
  EXPECT_EQ(gateway.watch_requests()[2].resume_token(), "at-20");
}

class UnhealableErrorTest : public ::testing::TestWithParam<grpc::StatusCode> {};

TEST_P(UnhealableErrorTest, IsReportedAtOnceWithItsReason) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall&) {
    return GatewayError(GetParam(), "no such thing", "SOME_REASON");
  }});
  const auto client = MakeClient(OptionsFor(gateway));
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  ASSERT_THAT(record.ends(), SizeIs(1));
  const absl::Status end = record.ends()[0];
  EXPECT_EQ(static_cast<int>(end.code()), static_cast<int>(GetParam()));
  EXPECT_EQ(client::ErrorReason(end), "SOME_REASON");
  EXPECT_THAT(std::string(end.message().data(), end.message().size()),
              HasSubstr("watch of run tr-17"));
  EXPECT_EQ(gateway.watch_calls(), 1);
}

INSTANTIATE_TEST_SUITE_P(Codes, UnhealableErrorTest,
                         ::testing::Values(grpc::StatusCode::INVALID_ARGUMENT,
                                           grpc::StatusCode::NOT_FOUND,
                                           grpc::StatusCode::PERMISSION_DENIED,
                                           grpc::StatusCode::UNAUTHENTICATED,
                                           grpc::StatusCode::UNIMPLEMENTED));

TEST(WatchTest, WaitsAsLongAsRetryInfoAsks) {
  std::atomic<absl::Time> refused_at{absl::InfiniteFuture()};
  std::atomic<absl::Time> came_back_at{absl::InfiniteFuture()};
  ScriptedGateway gateway({.watch = [&](ScriptedGateway::WatchCall& call) {
    if (call.number() == 0) {
      refused_at = absl::Now();
      return GatewayError(grpc::StatusCode::RESOURCE_EXHAUSTED, "spent", "RUN_BUDGET_SPENT",
                          absl::Milliseconds(400));
    }
    came_back_at = absl::Now();
    call.Send(Completed(7, 1), "a");
    return grpc::Status::OK;
  }});
  const auto client = MakeClient(OptionsFor(gateway));
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  EXPECT_EQ(record.ends()[0], absl::OkStatus());
  EXPECT_GE(came_back_at.load() - refused_at.load(), absl::Milliseconds(395));
}

TEST(WatchTest, WaitsAsLongAsPushbackAsks) {
  std::atomic<absl::Time> refused_at{absl::InfiniteFuture()};
  std::atomic<absl::Time> came_back_at{absl::InfiniteFuture()};
  ScriptedGateway gateway({.watch = [&](ScriptedGateway::WatchCall& call) {
    if (call.number() == 0) {
      refused_at = absl::Now();
      call.context().AddTrailingMetadata("grpc-retry-pushback-ms", "400");
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "draining");
    }
    came_back_at = absl::Now();
    call.Send(Completed(7, 1), "a");
    return grpc::Status::OK;
  }});
  const auto client = MakeClient(OptionsFor(gateway));
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  EXPECT_EQ(record.ends()[0], absl::OkStatus());
  EXPECT_GE(came_back_at.load() - refused_at.load(), absl::Milliseconds(395));
}

TEST(WatchTest, OpensTheStreamAgainWhenNoMessageComes) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    if (call.number() == 0) {
      call.Send(Running(7, 1, 10), "a");
      return call.HoldOpen();
    }
    call.Send(Completed(7, 2), "b");
    return grpc::Status::OK;
  }});
  ClientOptions options = OptionsFor(gateway);
  options.silence_limit = absl::Seconds(1);
  const auto client = MakeClient(options);
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  EXPECT_THAT(record.progress(), ElementsAre(10, 40));
  ASSERT_EQ(gateway.watch_calls(), 2);
  EXPECT_EQ(gateway.watch_requests()[1].resume_token(), "a");
}

TEST(WatchTest, HeartbeatsKeepASilentStreamOpen) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    call.SendHeaders();
    for (int i = 0; i < 8; ++i) {
      call.SendHeartbeat("t");
      absl::SleepFor(absl::Milliseconds(300));  // The pace of the script, not a wait for anything.
    }
    call.Send(Completed(7, 1), "a");
    return grpc::Status::OK;
  }});
  ClientOptions options = OptionsFor(gateway);
  options.silence_limit = absl::Seconds(2);
  const auto client = MakeClient(options);
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  EXPECT_EQ(gateway.watch_calls(), 1);
  EXPECT_EQ(record.heartbeats(), 8);
}

TEST(WatchTest, SurvivesARestartOfTheGateway) {
  auto first = std::make_unique<ScriptedGateway>(
      ScriptedGateway::Options{.watch = [](ScriptedGateway::WatchCall& call) {
        call.Send(Running(7, 1, 10), "a");
        return call.HoldOpen();
      }});
  const ScriptedGateway::Place place = first->place();
  const auto client = MakeClient(OptionsFor(*first));
  WatchRecord record;
  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());
  ASSERT_TRUE(record.WaitForStatuses(1));

  first.reset();
  ASSERT_TRUE(record.WaitForConnection(State::kWaiting));
  ScriptedGateway second({.watch =
                              [](ScriptedGateway::WatchCall& call) {
                                call.Send(Completed(8, 1), "b");
                                return grpc::Status::OK;
                              },
                          .place = place});

  ASSERT_TRUE(record.WaitForEnd());
  EXPECT_EQ(record.ends()[0], absl::OkStatus());
  EXPECT_THAT(record.progress(), ElementsAre(10, 40));
  EXPECT_EQ(second.watch_requests()[0].resume_token(), "a");
}

TEST(WatchTest, GivesUpOnlyAfterTheOutageLimit) {
  const DeadAddress nobody;
  ClientOptions options = OptionsFor(nobody.target());
  options.outage_limit = absl::Milliseconds(300);
  const auto client = MakeClient(options);
  WatchRecord record;
  const absl::Time start = absl::Now();

  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(295));
  EXPECT_EQ(record.ends()[0].code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(record.progress(), IsEmpty());
}

TEST(WatchTest, TellsWhenTheConnectionOpensAndWhyItIsLost) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    if (call.number() == 0) {
      call.SendHeartbeat("t");
      return GatewayError(grpc::StatusCode::UNAVAILABLE, "too old", "STREAM_MAX_AGE");
    }
    call.Send(Completed(7, 1), "a");
    return grpc::Status::OK;
  }});
  const auto client = MakeClient(OptionsFor(gateway));
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  std::vector<State> states;
  for (const auto& news : record.connections()) states.push_back(news.state);
  ASSERT_THAT(states, ElementsAre(State::kConnecting, State::kOpen, State::kWaiting,
                                  State::kConnecting, State::kOpen));
  EXPECT_EQ(client::ErrorReason(record.connections()[2].error), "STREAM_MAX_AGE");
}

TEST(WatchTest, ARefusedStreamIsNeverCalledOpen) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall&) {
    return GatewayError(grpc::StatusCode::NOT_FOUND, "no such run", "RUN_NOT_FOUND");
  }});
  const auto client = MakeClient(OptionsFor(gateway));
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  for (const auto& news : record.connections()) EXPECT_NE(news.state, State::kOpen);
}

TEST(WatchTest, ARefusedConnectionIsNeverCalledOpen) {
  const DeadAddress nobody;
  ClientOptions options = OptionsFor(nobody.target());
  options.outage_limit = absl::Milliseconds(200);
  const auto client = MakeClient(options);
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  for (const auto& news : record.connections()) EXPECT_NE(news.state, State::kOpen);
}

TEST(WatchTest, RefusesABadReferenceWithoutACall) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall&) { return grpc::Status::OK; }});
  const auto client = MakeClient(OptionsFor(gateway));
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun("tr\xff"), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  EXPECT_EQ(record.ends()[0].code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(client::ErrorReason(record.ends()[0]), "INVALID_FIELD");
  EXPECT_EQ(gateway.watch_calls(), 0);
}

}  // namespace
}  // namespace runcast::tests
