// What becomes a new status, and what does not, with the real programs. Source: the contract,
// "What becomes a new status".

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/error_details.h"
#include "tests/e2e/quick_polling.h"

namespace runcast::e2e {
namespace {

using nlohmann::ordered_json;

class StatusRulesTest : public testing::Test {
 protected:
  v1::RunReference Start(ordered_json run) {
    run_id_ = deployment_.StartRun(std::move(run));
    return deployment_.Reference(run_id_);
  }
  void ChangeRun(const ordered_json& change) {
    deployment_.simulator().Control("PATCH", absl::StrCat("/runs/", run_id_), change);
  }
  // An answer of the platform, word for word.
  void Answer(ordered_json body) {
    body["_id"] = run_id_;
    ChangeRun({{"raw_body", body.dump()}});
  }
  bool WaitForCalls(int more) {
    const int wanted = Calls() + more;
    return simulator_test::SimulatorProcess::Eventually([&] { return Calls() >= wanted; }, 40);
  }
  int Calls() { return deployment_.CallsFor(run_id_).value("calls", 0); }
  static auto Done(int utterances) {
    return [=](const v1::RunStatus& status) {
      return status.progress().utterances_done() == utterances;
    };
  }
  static bool IsTerminal(const v1::RunStatus& status) { return status.terminal(); }
  // Without those that differ only in freshness, which a busy machine may cause.
  static std::vector<v1::RunStatus> FactsSeenBy(const OpenWatch& watch) {
    std::vector<v1::RunStatus> seen;
    std::string last;
    for (const v1::WatchRunResponse& message : watch.messages()) {
      v1::RunStatus facts = message.status();
      facts.clear_freshness();
      facts.clear_sequence();
      facts.clear_observed_at();
      if (message.has_status() && facts.SerializeAsString() != last) {
        seen.push_back(message.status());
      }
      last = facts.SerializeAsString();
    }
    return seen;
  }

  Deployment deployment_{QuickPolling({{"polling", {{"not_found_memory", "1s"}}}})};
  Caller caller_{deployment_.grpc_address()};
  std::string run_id_;
};

TEST_F(StatusRulesTest, TheSameAnswerAgainIsNoNews) {
  const auto watch = caller_.Watch(Start({{"ran", 10}, {"duration_ms", 600'000}}));
  ASSERT_TRUE(watch->WaitForStatus(Done(10)).has_value());
  ASSERT_TRUE(WaitForCalls(5));

  EXPECT_EQ(FactsSeenBy(*watch).size(), 1u);
}

TEST_F(StatusRulesTest, AnotherReportLinkIsNoNews) {
  const v1::RunReference run = Start({{"ran", 10}});
  const auto body = [](int n) {
    return ordered_json{{"status", "running"},
                        {"utterance_ran", 10},
                        {"result", {{"fileUrl", absl::StrCat("https://a.example/r?s=", n, "$$")}}}};
  };
  Answer(body(0));
  const auto watch = caller_.Watch(run);
  ASSERT_TRUE(watch->WaitForStatus(Done(10)).has_value());
  for (int n = 1; n < 5; ++n) {
    Answer(body(n));
    ASSERT_TRUE(WaitForCalls(2));
  }

  EXPECT_EQ(FactsSeenBy(*watch).size(), 1u);
}

TEST_F(StatusRulesTest, ASmallerAnswerIsDropped) {
  const auto watch = caller_.Watch(Start({{"ran", 20}, {"duration_ms", 600'000}}));
  ASSERT_TRUE(watch->WaitForStatus(Done(20)).has_value());
  ChangeRun({{"ran", 5}});
  ASSERT_TRUE(WaitForCalls(4));
  ChangeRun({{"ran", 25}});
  ASSERT_TRUE(watch->WaitForStatus(Done(25)).has_value());

  ASSERT_EQ(FactsSeenBy(*watch).size(), 2u);
}

TEST_F(StatusRulesTest, AnEndIsNotTakenBack) {
  const v1::RunReference run = Start({{"ran", 20}, {"duration_ms", 600'000}});
  const auto watch = caller_.Watch(run);
  ASSERT_TRUE(watch->WaitForStatus(Done(20)).has_value());
  ChangeRun({{"ran", nullptr}, {"finish_now", true}});
  ASSERT_TRUE(watch->WaitForEnd().has_value());
  Answer({{"status", "running"}, {"utterance_ran", 21}});

  const StatusAnswer answer = caller_.GetNewStatus(run);

  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer.status().terminal());
}

TEST_F(StatusRulesTest, ProgressThatVanishesKeepsItsLastValue) {
  const v1::RunReference run = Start({{"ran", 10}});
  Answer({{"status", "running"}, {"utterance_ran", 10}, {"totalUtterances", 40}});
  const auto watch = caller_.Watch(run);
  ASSERT_TRUE(watch->WaitForStatus(Done(10)).has_value());
  Answer({{"status", "running"}, {"result", {{"botLanguage", "de"}}}});
  const auto changed =
      watch->WaitForStatus([](const v1::RunStatus& status) { return status.language() == "de"; });

  ASSERT_TRUE(changed.has_value());
  EXPECT_EQ(changed->progress().utterances_done(), 10);
  EXPECT_EQ(changed->progress().utterances_total(), 40);
  EXPECT_EQ(changed->progress().percent(), 25);
}

TEST_F(StatusRulesTest, AnEndWithoutResultsIsNotTheEndBeforeTheyCome) {
  const v1::RunReference run = Start({{"ran", 39}, {"duration_ms", 600'000}});
  const auto watch = caller_.Watch(run);
  ASSERT_TRUE(watch->WaitForStatus(Done(39)).has_value());
  Answer({{"status", "completed"}});
  const auto completed = watch->WaitForStatus(
      [](const v1::RunStatus& status) { return status.state() == v1::RUN_STATE_COMPLETED; });
  ASSERT_TRUE(completed.has_value());
  EXPECT_FALSE(completed->terminal());
  Answer({{"status", "completed"}, {"result", {{"results", {{"TP", 40}}}}}});
  const auto last = watch->WaitForStatus(IsTerminal);

  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->result().true_positives(), 40);
  const auto end = watch->WaitForEnd();
  ASSERT_TRUE(end.has_value());
  EXPECT_TRUE(end->status.ok());
}

TEST_F(StatusRulesTest, AnEndThatStaysWithoutResultsIsAskedForFiveTimes) {
  const v1::RunReference run = Start({{"ran", 1}});
  Answer({{"status", "completed"}});
  const auto watch = caller_.Watch(run);
  const auto last = watch->WaitForStatus(IsTerminal);

  ASSERT_TRUE(last.has_value());
  EXPECT_FALSE(last->has_result());
  EXPECT_EQ(Calls(), 5);
}

TEST_F(StatusRulesTest, WordsThatDisagreeAreAskedForFiveTimes) {
  const v1::RunReference run = Start({{"ran", 1}});
  Answer({{"status", "failed"}, {"result", {{"status", "running"}}}});
  const auto watch = caller_.Watch(run);
  const auto last = watch->WaitForStatus(IsTerminal);

  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->state(), v1::RUN_STATE_FAILED) << "the top level counts";
  EXPECT_EQ(Calls(), 5);
}

TEST_F(StatusRulesTest, AWatchWaitsForARunThatIsNotVisibleYetAndAReaderDoesNot) {
  const v1::RunReference run = Start({{"visible_after_ms", 2500}, {"duration_ms", 600'000}});
  const auto watch = caller_.Watch(run);
  const StatusAnswer answer = caller_.GetStatus(run);

  EXPECT_EQ(answer.end.status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(answer.end.status), "RUN_NOT_FOUND");
  const auto status = watch->WaitForStatus([](const v1::RunStatus&) { return true; });
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->state(), v1::RUN_STATE_RUNNING);
}

TEST_F(StatusRulesTest, AnEndThatIsKeptOutlivesTheRunOnThePlatform) {
  const v1::RunReference run = Start({{"ran", 20}, {"duration_ms", 600'000}});
  const auto first = caller_.Watch(run);
  ASSERT_TRUE(first->WaitForStatus(Done(20)).has_value());
  ChangeRun({{"ran", nullptr}, {"finish_now", true}});
  ASSERT_TRUE(first->WaitForEnd().has_value());
  deployment_.simulator().Control("DELETE", absl::StrCat("/runs/", run_id_));

  const auto second = caller_.Watch(run);
  const auto end = second->WaitForEnd();

  ASSERT_TRUE(end.has_value());
  EXPECT_TRUE(end->status.ok());
  EXPECT_TRUE(second->WaitForStatus(IsTerminal).has_value());
  EXPECT_TRUE(caller_.GetNewStatus(run).ok());
}

TEST_F(StatusRulesTest, ACancelledRunEndsWithoutAReport) {
  const v1::RunReference run = Start({{"ran", 20}, {"duration_ms", 600'000}});
  const auto watch = caller_.Watch(run);
  ASSERT_TRUE(watch->WaitForStatus(Done(20)).has_value());
  ChangeRun({{"ran", nullptr}, {"finish_now", true}, {"outcome", "Cancelled"}});
  const auto last = watch->WaitForStatus(IsTerminal);

  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->state(), v1::RUN_STATE_CANCELLED);
  EXPECT_EQ(last->raw_state(), "Cancelled");
  EXPECT_FALSE(last->has_result());
}

}  // namespace
}  // namespace runcast::e2e
