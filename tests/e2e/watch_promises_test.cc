// What watchers of a run may rely on, with the real programs. Source: the contract, "WatchRun".

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/error_details.h"
#include "tests/e2e/platform_errors.h"
#include "tests/e2e/quick_polling.h"
#include "tests/e2e/watcher_fleet.h"
#include "tests/history/watch_history.h"

namespace runcast::e2e {
namespace {

using grpc::StatusCode;
using nlohmann::ordered_json;

// What a busy machine may add to a time that is promised.
constexpr absl::Duration kSlack = absl::Seconds(2);

bool Anything(const v1::WatchRunResponse&) { return true; }

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

class WatchPromisesTest : public testing::Test {
 protected:
  void Start(const ordered_json& config = nullptr) {
    deployment_ = std::make_unique<Deployment>(QuickPolling(config));
    caller_ = std::make_unique<Caller>(deployment_->grpc_address());
  }
  // A run that stands still at so many utterances out of 40.
  v1::RunReference StartRunAt(int utterances) {
    run_id_ = deployment_->StartRun(
        {{"ran", utterances}, {"duration_ms", 600'000}, {"started_ago_ms", 60'000}});
    return deployment_->Reference(run_id_);
  }
  void MoveRunTo(int utterances) { ChangeRun({{"ran", utterances}}); }
  void ChangeRun(const ordered_json& change) {
    deployment_->simulator().Control("PATCH", absl::StrCat("/runs/", run_id_), change);
  }
  void FinishRun() { ChangeRun({{"ran", nullptr}, {"finish_now", true}}); }
  void Script(ordered_json fault) {
    fault["run"] = run_id_;
    deployment_->simulator().Control("POST", "/faults", fault);
  }
  void EndAllFaults() { deployment_->simulator().Control("DELETE", "/faults"); }
  // Waits for so many calls of the run from now on.
  bool WaitForCalls(int more) {
    const int wanted = Calls() + more;
    return simulator_test::SimulatorProcess::Eventually([&] { return Calls() >= wanted; }, 40);
  }
  int Calls() { return deployment_->CallsFor(run_id_).value("calls", 0); }
  static auto AtLeast(int utterances) {
    return [=](const v1::RunStatus& status) {
      return status.progress().utterances_done() >= utterances;
    };
  }

  std::unique_ptr<Deployment> deployment_;
  std::unique_ptr<Caller> caller_;
  std::string run_id_;
};

TEST_F(WatchPromisesTest, EveryWatcherSeesOnlyNewsInOrderThenTheEndThenOk) {
  Start();
  const std::string run = deployment_->StartRun({{"duration_ms", 3000}, {"utterances", 20}});
  WatcherFleet fleet(
      {.address = deployment_->grpc_address(), .connections = 2, .watchers = 10, .run = [&](int) {
         return deployment_->Reference(run);
       }});

  ASSERT_TRUE(fleet.WaitForAllEnded(kWaitLimit));
  for (const history::WatchHistory& history : fleet.Histories()) {
    EXPECT_THAT(history.Faults(), testing::IsEmpty()) << absl::StrJoin(history.Faults(), "\n");
    EXPECT_EQ(history.streams(), 1);
    EXPECT_EQ(history.last_end().code, 0);
    EXPECT_GT(history.statuses(), 2);
  }
}

TEST_F(WatchPromisesTest, WhoComesLateGetsTheNewestFirst) {
  Start(kUnhurried);
  const v1::RunReference run = StartRunAt(5);
  const auto early = caller_->Watch(run);
  ASSERT_TRUE(early->WaitForStatus(AtLeast(5)).has_value());
  MoveRunTo(17);
  const auto newest = early->WaitForStatus(AtLeast(17));
  ASSERT_TRUE(newest.has_value());

  const auto late = caller_->Watch(run);
  const auto first = late->WaitFor(Anything);

  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->status().SerializeAsString(), newest->SerializeAsString());
}

TEST_F(WatchPromisesTest, WhoComesAfterTheEndGetsItAndOk) {
  Start();
  const v1::RunReference run = StartRunAt(39);
  const auto early = caller_->Watch(run);
  ASSERT_TRUE(early->WaitForStatus(AtLeast(39)).has_value());
  FinishRun();
  ASSERT_TRUE(early->WaitForEnd().has_value());
  const int calls = Calls();

  const auto late = caller_->Watch(run);
  const auto end = late->WaitForEnd();

  ASSERT_TRUE(end.has_value());
  EXPECT_TRUE(end->status.ok());
  ASSERT_EQ(late->messages().size(), 1u);
  EXPECT_TRUE(late->messages()[0].status().terminal());
  EXPECT_EQ(Calls(), calls) << "it is kept";
}

TEST_F(WatchPromisesTest, AfterSilenceAHeartbeatTellsTheFacts) {
  Start(kUnhurried);
  const auto watch = caller_->Watch(TalkativeWatch(StartRunAt(10)));
  const auto status = watch->WaitFor(Anything);
  ASSERT_TRUE(status.has_value());
  const absl::Time before = absl::Now();
  const auto message =
      watch->WaitFor([](const v1::WatchRunResponse& each) { return each.has_heartbeat(); });
  const absl::Duration silence = absl::Now() - before;

  ASSERT_TRUE(message.has_value());
  EXPECT_GE(silence, absl::Seconds(4.4));
  EXPECT_LE(silence, absl::Seconds(5.5) + kSlack);
  EXPECT_EQ(message->resume_token(), status->resume_token()) << "nothing was delivered since";
  const v1::Heartbeat& heartbeat = message->heartbeat();
  EXPECT_EQ(heartbeat.freshness().state(), v1::Freshness::STATE_FRESH);
  EXPECT_GT(TimeOf(heartbeat.last_good_answer_at()), TimeOf(status->status().observed_at()));
  EXPECT_GT(TimeOf(heartbeat.next_poll_at()), TimeOf(heartbeat.last_good_answer_at()));
  EXPECT_GT(TimeOf(heartbeat.predicted_end_at()), absl::Now());
}

TEST_F(WatchPromisesTest, WhoResumesWithTheNewestGetsOneHeartbeatAndThenOnlyNews) {
  Start(kUnhurried);
  const v1::RunReference run = StartRunAt(10);
  auto first = caller_->Watch(run);
  ASSERT_TRUE(first->WaitForStatus(AtLeast(10)).has_value());
  const std::string token = first->resume_token();
  first = nullptr;

  const absl::Time before = absl::Now();
  const auto second = caller_->Watch(run, token);
  ASSERT_TRUE(second->WaitFor(Anything).has_value());
  EXPECT_LE(absl::Now() - before, absl::Seconds(3)) << "at once";
  MoveRunTo(11);
  ASSERT_TRUE(second->WaitForStatus(AtLeast(11)).has_value());

  const auto messages = second->messages();
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_TRUE(messages[0].has_heartbeat());
  EXPECT_EQ(messages[1].status().progress().utterances_done(), 11);
}

TEST_F(WatchPromisesTest, WhoResumesAfterTheEndGetsOkAtOnce) {
  Start();
  const v1::RunReference run = StartRunAt(39);
  FinishRun();
  const auto first = caller_->Watch(run);
  ASSERT_TRUE(first->WaitForEnd().has_value());

  const auto second = caller_->Watch(run, first->resume_token());
  const auto end = second->WaitForEnd();

  ASSERT_TRUE(end.has_value());
  EXPECT_TRUE(end->status.ok());
  EXPECT_THAT(second->messages(), testing::IsEmpty());
}

TEST_F(WatchPromisesTest, ARestartOfTheGatewayShowsNothingOlder) {
  Start();
  const v1::RunReference run = StartRunAt(20);
  const auto first = caller_->Watch(run);
  ASSERT_TRUE(first->WaitForStatus(AtLeast(20)).has_value());
  const std::string token = first->resume_token();
  deployment_->gateway().Signal(SIGKILL);
  ASSERT_TRUE(deployment_->gateway().WaitForExit(kWaitLimit).has_value());
  ASSERT_TRUE(first->WaitForEnd().has_value());
  MoveRunTo(5);
  deployment_->StartGateway();

  Caller caller(deployment_->grpc_address());
  const auto second = caller.Watch(run, token);
  const auto newcomer = caller.Watch(run);
  ASSERT_TRUE(newcomer->WaitForStatus(AtLeast(5)).has_value());
  ASSERT_TRUE(WaitForCalls(3));
  MoveRunTo(21);
  ASSERT_TRUE(second->WaitForStatus(AtLeast(21)).has_value());

  for (const v1::WatchRunResponse& message : second->messages()) {
    if (!message.has_status()) continue;
    EXPECT_GE(message.status().progress().utterances_done(), 20);
  }
}

TEST_F(WatchPromisesTest, AnOutageShowsWithinTwoIntervalsAndSoDoesItsEnd) {
  Start(kUnhurried);
  const auto watch = caller_->Watch(StartRunAt(10));
  ASSERT_TRUE(watch->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());

  Script({{"kind", "http"}, {"status", 503}});
  const absl::Time down = absl::Now();
  ASSERT_TRUE(watch->WaitForFreshness(v1::Freshness::STATE_STALE).has_value());
  EXPECT_LE(absl::Now() - down, absl::Seconds(2) + kSlack);
  const size_t seen = watch->messages().size();
  EndAllFaults();
  const absl::Time up = absl::Now();
  ASSERT_TRUE(watch->WaitForFreshness(v1::Freshness::STATE_FRESH, seen).has_value());
  EXPECT_LE(absl::Now() - up, absl::Seconds(2) + kSlack);

  EXPECT_TRUE(watch->is_open());
  const auto messages = watch->messages();
  ASSERT_EQ(messages.size(), 3u) << "fresh, stale and fresh again are one status each";
  for (size_t i = 1; i < 3; ++i) {
    EXPECT_EQ(messages[i].status().sequence(), messages[i - 1].status().sequence() + 1);
  }
}

struct Outage {
  const char* name;
  ordered_json fault;
  const char* reason;
  bool seen;  // Whether the run was seen before.
};
void PrintTo(const Outage& outage, std::ostream* out) { *out << outage.name; }

class OutageTest : public WatchPromisesTest, public testing::WithParamInterface<Outage> {};

TEST_P(OutageTest, KeepsWatchesOpenUntilTheLimitAndEndsThemWithAHint) {
  const Outage& outage = GetParam();
  constexpr absl::Duration kLimit = absl::Seconds(3);
  Start({{"polling", {{"outage_limit", "3s"}}}});
  const v1::RunReference run = StartRunAt(10);
  if (!outage.seen) Script(outage.fault);
  absl::Time down = absl::Now();
  const auto watch = caller_->Watch(run);
  if (outage.seen) {
    ASSERT_TRUE(watch->WaitForStatus(AtLeast(10)).has_value());
    down = absl::Now();
    Script(outage.fault);
  }

  const auto told = watch->WaitForFreshness(outage.seen ? v1::Freshness::STATE_STALE
                                                        : v1::Freshness::STATE_NEVER_SEEN);
  const auto end = watch->WaitForEnd();
  const absl::Duration life = absl::Now() - down;

  ASSERT_TRUE(told.has_value()) << "ended without a word";
  EXPECT_EQ(told->reason(), outage.reason);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(end->status), outage.reason);
  EXPECT_TRUE(RetryDelayOf(end->status).has_value());
  EXPECT_EQ(watch->resume_token().empty(), !outage.seen);
  EXPECT_GE(life, kLimit);
  EXPECT_LE(life, kLimit + kSlack);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, OutageTest,
    testing::Values(Outage{"SeenThenDown", Bare(503), "UPSTREAM_UNAVAILABLE", true},
                    Outage{"SeenThenNonsense", Kind("garbage"), "UPSTREAM_PROTOCOL", true},
                    Outage{"NeverSeenDown", Bare(503), "UPSTREAM_UNAVAILABLE", false},
                    Outage{"NeverSeenNonsense", Kind("garbage"), "UPSTREAM_PROTOCOL", false}),
    [](const auto& outage) { return std::string(outage.param.name); });

TEST_F(WatchPromisesTest, AtItsAgeAStreamEndsWithReasonHintAndToken) {
  Start({{"streams", {{"max_age", "1s"}}}});
  const v1::RunReference run = StartRunAt(10);
  const absl::Time opened = absl::Now();
  const auto watch = caller_->Watch(run);
  const auto end = watch->WaitForEnd();
  const absl::Duration life = absl::Now() - opened;

  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(end->status), "STREAM_MAX_AGE");
  ASSERT_TRUE(RetryDelayOf(end->status).has_value());
  EXPECT_LE(*RetryDelayOf(end->status), absl::Seconds(2));
  EXPECT_GE(life, absl::Seconds(0.85));
  EXPECT_LE(life, absl::Seconds(1.1) + kSlack);
  const auto resumed = caller_->Watch(run, watch->resume_token());
  const auto first = resumed->WaitFor(Anything);
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(first->has_heartbeat());
}

}  // namespace
}  // namespace runcast::e2e
