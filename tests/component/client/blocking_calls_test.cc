// GetStatus and WaitUntilDone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "runcast/error_reason.h"
#include "tests/component/client/client_fixture.h"
#include "tests/component/client/scripted_gateway.h"
#include "tests/component/client/watch_record.h"

namespace runcast::tests {
namespace {

using client::GetStatusOptions;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string TextOf(const absl::Status& status) {
  return std::string(status.message().data(), status.message().size());
}

TEST(GetStatusTest, ReturnsTheStatusItsLastGoodAnswerAndTheLink) {
  v1::GetStatusRequest seen;
  ScriptedGateway gateway({.get = [&](grpc::ServerContext&, const v1::GetStatusRequest& request,
                                      v1::GetStatusResponse* response) {
    seen = request;
    *response->mutable_status() = Running(7, 3, 10);
    response->mutable_last_good_answer_at()->set_seconds(1893553445);
    response->mutable_last_good_answer_at()->set_nanos(500000000);
    response->set_report_link("https://host/f.csv?s=QQ$$");
    return grpc::Status::OK;
  }});
  const auto client = MakeClient(OptionsFor(gateway));

  const auto answer = client->GetStatus(
      TestRun(), {.max_staleness = absl::Milliseconds(1500), .include_report_link = true});

  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status.sequence(), 3u);
  EXPECT_EQ(answer->last_good_answer_at,
            absl::FromUnixSeconds(1893553445) + absl::Milliseconds(500));
  EXPECT_EQ(answer->report_link, "https://host/f.csv?s=QQ$$");
  EXPECT_TRUE(seen.include_report_link());
  EXPECT_EQ(seen.max_staleness().seconds(), 1);
  EXPECT_EQ(seen.max_staleness().nanos(), 500000000);
  EXPECT_EQ(seen.run().run_id(), "tr-17");
  EXPECT_EQ(gateway.run_headers()[0], "tr-17");
}

TEST(GetStatusTest, LeavesOutWhatIsNotAskedFor) {
  std::optional<v1::GetStatusRequest> seen;
  ScriptedGateway gateway({.get = [&](grpc::ServerContext&, const v1::GetStatusRequest& request,
                                      v1::GetStatusResponse*) {
    seen = request;
    return grpc::Status::OK;
  }});
  const auto client = MakeClient(OptionsFor(gateway));

  const auto answer = client->GetStatus(TestRun());

  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->last_good_answer_at, absl::InfinitePast());
  EXPECT_FALSE(seen->has_max_staleness());
  EXPECT_FALSE(seen->include_report_link());
}

TEST(GetStatusTest, KeepsTheReasonAndTheWaitOfAnError) {
  ScriptedGateway gateway(
      {.get = [](grpc::ServerContext&, const v1::GetStatusRequest&, v1::GetStatusResponse*) {
        return GatewayError(grpc::StatusCode::RESOURCE_EXHAUSTED, "the budget is spent",
                            "RUN_BUDGET_SPENT", absl::Milliseconds(12500));
      }});
  const auto client = MakeClient(OptionsFor(gateway));

  const auto answer = client->GetStatus(TestRun());

  EXPECT_EQ(answer.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(TextOf(answer.status()), "status of run tr-17: the budget is spent");
  EXPECT_EQ(client::ErrorReason(answer.status()), "RUN_BUDGET_SPENT");
  EXPECT_EQ(client::RetryDelay(answer.status()), absl::Milliseconds(12500));
  EXPECT_EQ(gateway.get_calls(), 1);
}

TEST(GetStatusTest, TriesAgainWhenTheGatewayDrains) {
  std::atomic<int> calls{0};
  ScriptedGateway gateway({.get = [&](grpc::ServerContext&, const v1::GetStatusRequest&,
                                      v1::GetStatusResponse* response) {
    if (++calls < 3) return GatewayError(grpc::StatusCode::UNAVAILABLE, "draining", "DRAINING");
    *response->mutable_status() = Running(7, 3, 10);
    return grpc::Status::OK;
  }});
  const auto client = MakeClient(OptionsFor(gateway));

  EXPECT_TRUE(client->GetStatus(TestRun()).ok());
  EXPECT_EQ(calls, 3);
}

TEST(GetStatusTest, GivesUpWhenItIsRefusedThreeTimes) {
  ScriptedGateway gateway(
      {.get = [](grpc::ServerContext&, const v1::GetStatusRequest&, v1::GetStatusResponse*) {
        return GatewayError(grpc::StatusCode::UNAVAILABLE, "full", "OVERLOADED");
      }});
  const auto client = MakeClient(OptionsFor(gateway));

  EXPECT_EQ(client::ErrorReason(client->GetStatus(TestRun()).status()), "OVERLOADED");
  EXPECT_EQ(gateway.get_calls(), 3);
}

TEST(GetStatusTest, DoesNotRepeatWhatThePlatformSaid) {
  ScriptedGateway gateway({.get = [](grpc::ServerContext& context, const v1::GetStatusRequest&,
                                     v1::GetStatusResponse*) {
    // The gateway sends headers before such an error; gRPC repeats nothing that had headers.
    context.AddInitialMetadata("headers", "first");
    return GatewayError(grpc::StatusCode::UNAVAILABLE, "platform down", "UPSTREAM_UNAVAILABLE");
  }});
  const auto client = MakeClient(OptionsFor(gateway));

  EXPECT_EQ(client::ErrorReason(client->GetStatus(TestRun()).status()), "UPSTREAM_UNAVAILABLE");
  EXPECT_EQ(gateway.get_calls(), 1);
}

TEST(GetStatusTest, AGatewayThatIsNotThereIsUnavailableWithoutReason) {
  const DeadAddress nobody;
  const auto client = MakeClient(OptionsFor(nobody.target()));

  const auto answer = client->GetStatus(TestRun());

  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(client::ErrorReason(answer.status()), "");
}

ScriptedGateway::Options Answering() {
  return {.get = [](grpc::ServerContext&, const v1::GetStatusRequest&,
                    v1::GetStatusResponse* response) {
    *response->mutable_status() = Running(7, 3, 10);
    return grpc::Status::OK;
  }};
}

// A proxy in front is still there, and says so with a status of HTTP.
TEST(GetStatusTest, AGatewayThatWentAwayIsUnavailableUntilItIsBack) {
  ScriptedGateway first(Answering());
  const auto client = MakeClient(OptionsFor(first));
  ASSERT_TRUE(client->GetStatus(TestRun()).ok());

  first.Stop();
  const absl::Status away = client->GetStatus(TestRun()).status();
  ScriptedGateway::Options options = Answering();
  options.place = first.place();
  const ScriptedGateway second(options);

  EXPECT_EQ(away.code(), absl::StatusCode::kUnavailable) << away;
  EXPECT_EQ(client::ErrorReason(away), "");
  EXPECT_TRUE(second.WaitUntil([&] { return client->GetStatus(TestRun()).ok(); }));
}

TEST(GetStatusTest, AGatewayThatWentAwaySendsToTheNextTarget) {
  const ScriptedGateway gateway(Answering());
  ScriptedGateway gone(Answering());
  gone.Stop();
  client::ClientOptions options = OptionsFor(gone);
  options.targets.push_back(gateway.target());
  const auto client = MakeClient(options);

  const auto answer = client->GetStatus(TestRun());

  EXPECT_TRUE(answer.ok()) << answer.status();
}

TEST(GetStatusTest, OneTargetThatLivesIsEnough) {
  const ScriptedGateway gateway(Answering());
  const DeadAddress nobody[4];
  client::ClientOptions options;  // Those that users have.
  for (const DeadAddress& dead : nobody) options.targets.push_back(dead.target());
  options.targets.push_back(gateway.target());
  const auto client = MakeClient(options);

  const auto answer = client->GetStatus(TestRun());
  const auto next = client->GetStatus(TestRun());

  EXPECT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(next.ok()) << next.status();
}

TEST(GetStatusTest, ATargetThatHangsLeavesTimeForTheNext) {
  const ScriptedGateway gateway(Answering());
  const HangingAddress silence;
  client::ClientOptions options;
  options.targets = {silence.target(), gateway.target()};
  const auto client = MakeClient(options);

  const auto answer = client->GetStatus(TestRun(), {.timeout = absl::Seconds(4)});

  EXPECT_TRUE(answer.ok()) << answer.status();
}

TEST(GetStatusTest, ATargetThatDrainsSendsToTheNextAtOnce) {
  const ScriptedGateway gateway(Answering());
  const ScriptedGateway draining({.get = [](grpc::ServerContext&, const v1::GetStatusRequest&,
                                            v1::GetStatusResponse*) {
    return GatewayError(grpc::StatusCode::UNAVAILABLE, "draining", "DRAINING", absl::Seconds(30));
  }});
  client::ClientOptions options = OptionsFor(draining);
  options.targets.push_back(gateway.target());
  const auto client = MakeClient(options);

  const auto answer = client->GetStatus(TestRun());

  EXPECT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(draining.get_calls(), 1);
}

TEST(GetStatusTest, WhenNoTargetLivesTheLastErrorIsTold) {
  const DeadAddress nobody[2];
  client::ClientOptions options = OptionsFor(nobody[0].target());
  options.targets.push_back(nobody[1].target());
  const auto client = MakeClient(options);

  const auto answer = client->GetStatus(TestRun());

  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(TextOf(answer.status()), HasSubstr("status of run tr-17: connect to 127.0.0.1:"));
}

TEST(GetStatusTest, EndsAtItsTimeLimit) {
  ScriptedGateway gateway(
      {.get = [](grpc::ServerContext& context, const v1::GetStatusRequest&,
                 v1::GetStatusResponse*) { return ScriptedGateway::HoldUntilCancelled(context); }});
  const auto client = MakeClient(OptionsFor(gateway));

  const auto answer = client->GetStatus(TestRun(), {.timeout = absl::Milliseconds(200)});

  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(GetStatusTest, RefusesABadReferenceAndAnAbsurdStalenessWithoutACall) {
  ScriptedGateway gateway({});
  const auto client = MakeClient(OptionsFor(gateway));
  v1::RunReference bad = TestRun();
  bad.set_suite_name("");

  const auto bad_run = client->GetStatus(bad);
  const auto bad_staleness = client->GetStatus(TestRun(), {.max_staleness = -absl::Seconds(1)});

  EXPECT_EQ(client::ErrorReason(bad_run.status()), "INVALID_FIELD");
  ASSERT_THAT(client::FieldViolations(bad_run.status()), SizeIs(1));
  EXPECT_EQ(client::FieldViolations(bad_run.status())[0].field, "run.suite_name");
  EXPECT_EQ(bad_staleness.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(gateway.get_calls(), 0);
}

TEST(WaitUntilDoneTest, ReturnsTheTerminalStatus) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    call.Send(Running(7, 1, 10), "a");
    call.Send(Completed(7, 2), "b");
    return grpc::Status::OK;
  }});
  const auto client = MakeClient(OptionsFor(gateway));

  const auto end = client->WaitUntilDone(TestRun(), absl::Now() + absl::Seconds(20));

  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->state(), v1::RUN_STATE_COMPLETED);
}

TEST(WaitUntilDoneTest, StopsAtTheDeadlineAndSaysHowFarTheRunWas) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    call.Send(Running(7, 1, 10), "a");
    return call.HoldOpen();
  }});
  const auto client = MakeClient(OptionsFor(gateway));

  const auto end = client->WaitUntilDone(TestRun(), absl::Now() + absl::Seconds(2));

  EXPECT_EQ(end.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(TextOf(end.status()), HasSubstr("last seen running at 25 %"));
  EXPECT_TRUE(gateway.WaitUntil([&] { return gateway.open_watches() == 0; }));
}

TEST(WaitUntilDoneTest, ADeadlineInThePastIsOverAtOnce) {
  const DeadAddress nobody;
  const auto client = MakeClient(OptionsFor(nobody.target()));

  const auto end = client->WaitUntilDone(TestRun(), absl::InfinitePast());

  EXPECT_EQ(end.status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(WaitUntilDoneTest, ReturnsAnErrorThatCannotHeal) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall&) {
    return GatewayError(grpc::StatusCode::NOT_FOUND, "no such run", "RUN_NOT_FOUND");
  }});
  const auto client = MakeClient(OptionsFor(gateway));

  const auto end = client->WaitUntilDone(TestRun(), absl::InfiniteFuture());

  EXPECT_EQ(client::ErrorReason(end.status()), "RUN_NOT_FOUND");
}

TEST(WaitUntilDoneTest, RefusesToWaitInsideACallback) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    call.Send(Completed(7, 1), "a");
    return grpc::Status::OK;
  }});
  const auto client = MakeClient(OptionsFor(gateway));
  WatchRecord record;
  absl::Status inside;
  client::WatchCallbacks callbacks = record.Callbacks();
  callbacks.on_status = [&](const v1::RunStatus&) {
    inside = client->WaitUntilDone(TestRun(), absl::InfiniteFuture()).status();
  };

  const auto watch = client->Watch(TestRun(), std::move(callbacks));

  ASSERT_TRUE(record.WaitForEnd());
  EXPECT_EQ(inside.code(), absl::StatusCode::kFailedPrecondition);
}

TEST(MakeTest, RefusesOptionsThatMakeNoSense) {
  using client::ClientOptions;
  using client::RunStatusClient;
  const auto code = [](ClientOptions options) {
    return RunStatusClient::Make(std::move(options)).status().code();
  };

  EXPECT_EQ(code({}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.targets = {""}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.targets = {"h:1", "http://h:1"}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.targets = {"h:1"}, .heartbeat_interval = absl::Seconds(4)}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.targets = {"h:1"}, .heartbeat_interval = absl::Minutes(11)}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.targets = {"h:1"}, .max_streams_per_channel = 0}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.targets = {"h:1"}, .tls = client::TlsOptions{.ca_file = "/no/such/file"}}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.targets = {"h:1"}, .tls = client::TlsOptions{.key_file = "only-a-key"}}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.targets = {"h:1"}}), absl::StatusCode::kOk);
}

}  // namespace
}  // namespace runcast::tests
