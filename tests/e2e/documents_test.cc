// The two documents that the platform's reference shows, verbatim on the wire.

#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/caller.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/platform_facts.h"
#include "tests/e2e/quick_polling.h"
#include "tests/fakes/platform_documents.h"

namespace runcast::e2e {
namespace {

constexpr char kRun[] = "tr-0a1b2c3d-0000-5000-8000-00000000abcd";
constexpr char kStream[] = "st-0a1b2c3d-0000-5000-8000-00000000beef";

constexpr char kLink[] =
    "https://platform.kore.ai/api/getMediaStream/media/"
    "f-0a1b2c3d-0000-5000-8000-000000000001.csv?e=1893557106&n=1234567890&s=QUJDREVGRw$$"
    "&clientfilename=smoke-02-01-30.csv&batchtesting=true";

constexpr char kRunningFacts[] = R"(
  state: RUN_STATE_RUNNING raw_state: "running"
  progress { utterances_done: 10 utterances_total: 40 percent: 25 }
  partial_failure: false assertion_count: 40
  start_time { seconds: 1893553445 nanos: 678000000 }
  suite_id: "ts-0a1b2c3d-0000-5000-8000-00000000cafe"
  language: "en" run_type: "published"
  triggered_by: "u-0a1b2c3d-0000-5000-8000-00000000f00d")";

constexpr char kCompletedFacts[] = R"(
  state: RUN_STATE_COMPLETED raw_state: "completed" terminal: true
  progress { percent: 100 }
  result {
    true_positives: 35 true_negatives: 1 false_positives: 1 false_negatives: 3
    succeeded: 36 failed: 4 failed_utterances: 0 failed_entities: 1
    total_entities: 12 matched_entities: 11
    trait_successes: 0 trait_failures: 0 total_traits: 0 matched_traits: 0
    precision: 0.97 recall: 0.92 f1_score: 0.95
  }
  partial_failure: false assertion_count: 40
  start_time { seconds: 1893553445 nanos: 678000000 }
  end_time { seconds: 1893553506 nanos: 789000000 }
  suite_id: "ts-0a1b2c3d-0000-5000-8000-00000000cafe"
  report_file_id: "0123456789abcdef01234567" report_available: true
  language: "en" run_type: "published"
  triggered_by: "u-0a1b2c3d-0000-5000-8000-00000000f00d")";

TEST(DocumentsTest, AReadSeesEverythingThatTheyHold) {
  Deployment deployment(QuickPolling());
  Caller caller(deployment.grpc_address());
  deployment.StartRun(
      {{"stream", kStream}, {"run_id", kRun}, {"raw_body", fakes::kRunningDocument}});
  const v1::RunReference run = deployment.Reference(kRun, kStream);

  const StatusAnswer running = caller.GetStatus(run);
  deployment.simulator().Control("PATCH", std::string("/runs/") + kRun,
                                 {{"raw_body", fakes::kCompletedDocument}});
  v1::GetStatusRequest with_link;
  *with_link.mutable_run() = run;
  with_link.set_include_report_link(true);
  const StatusAnswer completed = caller.GetStatus(with_link);

  ASSERT_TRUE(running.ok()) << running.end.status.error_message();
  EXPECT_EQ(FactsOf(running.status()), Facts(kRunningFacts));
  EXPECT_EQ(running.status().run().stream_id(), kStream);
  EXPECT_EQ(running.status().run().run_id(), kRun);
  EXPECT_EQ(running.status().freshness().state(), v1::Freshness::STATE_FRESH);
  ASSERT_TRUE(completed.ok()) << completed.end.status.error_message();
  EXPECT_EQ(FactsOf(completed.status()), Facts(kCompletedFacts));
  EXPECT_EQ(completed.response.report_link(), kLink);
}

TEST(DocumentsTest, AWatchSeesBothOfThemAndThenOk) {
  Deployment deployment(QuickPolling());
  Caller caller(deployment.grpc_address());
  deployment.StartRun(
      {{"stream", kStream}, {"run_id", kRun}, {"raw_body", fakes::kRunningDocument}});
  const auto watch = caller.Watch(deployment.Reference(kRun, kStream));

  const auto running = watch->WaitForStatus([](const v1::RunStatus&) { return true; });
  ASSERT_TRUE(running.has_value());
  deployment.simulator().Control("PATCH", std::string("/runs/") + kRun,
                                 {{"raw_body", fakes::kCompletedDocument}});
  const auto end = watch->WaitForEnd();

  EXPECT_EQ(FactsOf(*running), Facts(kRunningFacts));
  ASSERT_TRUE(end.has_value());
  EXPECT_TRUE(end->status.ok()) << end->status.error_message();
  const v1::RunStatus last = watch->messages().back().status();
  EXPECT_EQ(FactsOf(last), Facts(kCompletedFacts));
  EXPECT_GT(last.sequence(), running->sequence());
  EXPECT_EQ(last.epoch(), running->epoch());
}

}  // namespace
}  // namespace runcast::e2e
