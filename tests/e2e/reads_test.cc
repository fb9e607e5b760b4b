// What readers of a run may rely on, with the real programs. Source: the contract, "GetStatus".

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/error_details.h"
#include "tests/e2e/quick_polling.h"

namespace runcast::e2e {
namespace {

using grpc::StatusCode;
using nlohmann::ordered_json;

v1::GetStatusRequest ReadOf(const v1::RunReference& run) {
  v1::GetStatusRequest request;
  *request.mutable_run() = run;
  return request;
}

class ReadsTest : public testing::Test {
 protected:
  void Start(const ordered_json& config = nullptr) {
    deployment_ = std::make_unique<Deployment>(QuickPolling(config));
    caller_ = std::make_unique<Caller>(deployment_->grpc_address());
  }
  v1::RunReference StartRunAt(int utterances) {
    run_id_ = deployment_->StartRun({{"ran", utterances}, {"duration_ms", 600'000}});
    return deployment_->Reference(run_id_);
  }
  int Calls() { return deployment_->CallsFor(run_id_).value("calls", 0); }
  std::string Metrics() {
    simulator_test::HttpClient client;
    return client.Do("GET", absl::StrCat("http://", deployment_->admin_address(), "/metrics")).body;
  }

  std::unique_ptr<Deployment> deployment_;
  std::unique_ptr<Caller> caller_;
  std::string run_id_;
};

TEST_F(ReadsTest, ARunThatIsFollowedIsReadFromMemory) {
  // No second poll within the life of the test.
  Start({{"polling", {{"base_interval", "10m"}, {"early_interval", "10m"}}}});
  // Nothing is as young as that, so that being followed alone makes a status good enough.
  const auto read = [&](const v1::RunReference& run) {
    v1::GetStatusRequest request = ReadOf(run);
    request.mutable_max_staleness()->set_nanos(1);
    return caller_->GetStatus(request);
  };
  const v1::RunReference unfollowed = StartRunAt(10);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(read(unfollowed).ok());
  EXPECT_THAT(Metrics(), testing::HasSubstr("\nruncast_reads_from_memory_total 0\n"));

  const v1::RunReference run = StartRunAt(10);
  const auto watch = caller_->Watch(run);
  ASSERT_TRUE(watch->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());
  for (int i = 0; i < 100; ++i) {
    const StatusAnswer answer = read(run);
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer.status().SerializeAsString(),
              watch->messages()[0].status().SerializeAsString());
    EXPECT_TRUE(answer.response.has_last_good_answer_at());
  }
  EXPECT_THAT(Metrics(), testing::HasSubstr("\nruncast_reads_from_memory_total 100\n"));
  EXPECT_EQ(Calls(), 1);
}

TEST_F(ReadsTest, AYoungStatusIsReadFromMemoryUnlessANewOneIsWanted) {
  Start();
  const v1::RunReference run = StartRunAt(10);
  ASSERT_TRUE(caller_->GetStatus(run).ok());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(caller_->GetStatus(run).ok());
  EXPECT_EQ(Calls(), 1);

  ASSERT_TRUE(caller_->GetNewStatus(run).ok());
  EXPECT_EQ(Calls(), 2);
}

TEST_F(ReadsTest, NotFoundIsRememberedForAWhile) {
  Start({{"polling", {{"not_found_memory", "2s"}}}});
  run_id_ = "tr-nobody-knows";
  const v1::RunReference run = deployment_->Reference(run_id_);
  for (int i = 0; i < 10; ++i) {
    const StatusAnswer answer = caller_->GetStatus(run);
    EXPECT_EQ(answer.end.status.error_code(), StatusCode::NOT_FOUND);
    EXPECT_EQ(ReasonOf(answer.end.status), "RUN_NOT_FOUND");
  }
  EXPECT_EQ(Calls(), 1);

  caller_->GetStatusUntil(ReadOf(run), [&](const StatusAnswer&) { return Calls() == 2; });
  EXPECT_EQ(Calls(), 2) << "but not for ever";
}

TEST_F(ReadsTest, ColdReadsAtTheSameTimeShareACall) {
  Start();
  const v1::RunReference run = StartRunAt(10);
  deployment_->simulator().Control("PUT", "/settings", {{"latency_ms", 1500}});
  std::vector<std::thread> readers;
  for (int i = 0; i < 20; ++i) {
    readers.emplace_back([&] { EXPECT_TRUE(caller_->GetNewStatus(run).ok()); });
  }
  for (std::thread& reader : readers) reader.join();

  EXPECT_EQ(Calls(), 1);
}

TEST_F(ReadsTest, AFailedCallLeavesWhatIsKnownMarkedStaleHoweverOld) {
  Start({{"polling", {{"linger", "0s"}}}});
  const v1::RunReference run = StartRunAt(10);
  ASSERT_TRUE(caller_->GetStatus(run).ok());
  deployment_->simulator().Control("PUT", "/listener", {{"mode", "refuse"}});
  deployment_->simulator().Control("DELETE", "/connections");

  const StatusAnswer answer = caller_->GetNewStatus(run);

  ASSERT_TRUE(answer.ok()) << answer.end.status.error_message();
  EXPECT_EQ(answer.status().freshness().state(), v1::Freshness::STATE_STALE);
  EXPECT_EQ(answer.status().freshness().reason(), "UPSTREAM_UNAVAILABLE");
  EXPECT_EQ(answer.status().progress().utterances_done(), 10);
}

TEST_F(ReadsTest, AtMostFourVariantsOfARunAreFollowed) {
  Start();
  v1::RunReference run = StartRunAt(10);
  for (const char* language : {"", "en", "de", "fr"}) {
    run.set_language(language);
    ASSERT_TRUE(caller_->GetNewStatus(run).ok()) << language;
  }
  run.set_language("nl");

  const grpc::Status read = caller_->GetNewStatus(run).end.status;
  const auto watch = caller_->Watch(run)->WaitForEnd();

  ASSERT_TRUE(watch.has_value());
  for (const grpc::Status& status : {read, watch->status}) {
    EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(ReasonOf(status), "RUN_VARIANTS");
  }
}

class ReportLinkTest : public ReadsTest {
 protected:
  static constexpr char kLink[] =
      "https://reports.example/m%2Fa.csv?e=1893557106&n=1&s=QUJD+REVG/Rw$$&clientfilename=a%20b";

  v1::RunReference StartFinishedRun() {
    run_id_ = deployment_->StartRun({{"duration_ms", 600'000}, {"ran", 39}});
    deployment_->simulator().Control("PATCH", absl::StrCat("/runs/", run_id_),
                                     {{"ran", nullptr},
                                      {"finish_now", true},
                                      {"patch_terminal", {{"result", {{"fileUrl", kLink}}}}}});
    return deployment_->Reference(run_id_);
  }
  StatusAnswer ReadLink(const v1::RunReference& run) {
    v1::GetStatusRequest request = ReadOf(run);
    request.set_include_report_link(true);
    return caller_->GetStatus(request);
  }
};

TEST_F(ReportLinkTest, ComesByteForByteFromACallMadeForIt) {
  Start();
  const v1::RunReference run = StartFinishedRun();
  ASSERT_TRUE(caller_->GetStatus(run).ok());

  const StatusAnswer first = ReadLink(run);
  const StatusAnswer second = ReadLink(run);

  ASSERT_TRUE(first.ok()) << first.end.status.error_message();
  EXPECT_EQ(first.response.report_link(), kLink);
  EXPECT_EQ(second.response.report_link(), kLink);
  EXPECT_EQ(Calls(), 3) << "it is never kept";
}

TEST_F(ReportLinkTest, ComesOnlyWhenAskedFor) {
  Start();
  const v1::RunReference run = StartFinishedRun();
  ASSERT_TRUE(ReadLink(run).ok());

  const StatusAnswer answer = caller_->GetStatus(run);
  const auto watch = caller_->Watch(run);
  ASSERT_TRUE(watch->WaitForEnd().has_value());

  ASSERT_TRUE(answer.ok());
  EXPECT_THAT(answer.response.SerializeAsString(), Not(testing::HasSubstr("reports.example")));
  for (const v1::WatchRunResponse& message : watch->messages()) {
    EXPECT_THAT(message.SerializeAsString(), Not(testing::HasSubstr("reports.example")));
  }
}

TEST_F(ReportLinkTest, IsAuditedWithoutBeingLogged) {
  Start({{"log", {{"level", "DEBUG"}}}});
  const v1::RunReference run = StartFinishedRun();
  ASSERT_EQ(ReadLink(run).response.report_link(), kLink);

  const auto line = deployment_->gateway().WaitForLine(
      [](const std::string& text) { return absl::StrContains(text, "report_link.given"); },
      kWaitLimit);

  ASSERT_TRUE(line.has_value());
  EXPECT_THAT(*line, testing::HasSubstr(run_id_));
  EXPECT_THAT(*line, testing::HasSubstr("127.0.0.1"));
  EXPECT_THAT(deployment_->gateway().Output(), Not(testing::HasSubstr("reports.example")));
}

TEST_F(ReportLinkTest, IsEmptyWhileThereIsNoReport) {
  Start();
  const StatusAnswer answer = ReadLink(StartRunAt(10));

  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer.response.report_link(), "");
}

}  // namespace
}  // namespace runcast::e2e
