// Refusals that the gateway decides by itself, as the configuration asks for them. Source: the
// contract, "Errors".

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/error_details.h"
#include "tests/e2e/quick_polling.h"

namespace runcast::e2e {
namespace {

using grpc::StatusCode;
using nlohmann::ordered_json;

constexpr char kSecret[] = "e2e-secret-of-the-length-the-platform-gives.";

class RefusalTest : public testing::Test {
 protected:
  void Start(const ordered_json& config) {
    deployment_ = std::make_unique<Deployment>(QuickPolling(config));
    caller_ = std::make_unique<Caller>(deployment_->grpc_address());
    deployment_->StartRun({{"run_id", "tr-1"}, {"ran", 10}, {"duration_ms", 600'000}});
  }
  v1::RunReference Run() const { return deployment_->Reference("tr-1"); }
  // How both calls end.
  std::vector<CallEnd> BothEnds(const v1::RunReference& run, const Headers& headers = {}) {
    v1::GetStatusRequest read;
    *read.mutable_run() = run;
    v1::WatchRunRequest watch;
    *watch.mutable_run() = run;
    std::vector<CallEnd> ends = {caller_->GetStatus(read, headers).end};
    const auto end = caller_->Watch(watch, headers)->WaitForEnd();
    EXPECT_TRUE(end.has_value());
    if (end.has_value()) ends.push_back(*end);
    return ends;
  }
  int Requests() { return deployment_->Counts().at("requests").get<int>(); }

  std::unique_ptr<Deployment> deployment_;
  std::unique_ptr<Caller> caller_;
};

TEST_F(RefusalTest, AStreamIdOutsideTheConfigurationIsNotServed) {
  const fakes::TempDirectory folder;
  Start({{"credentials",
          {{{"name", "one"},
            {"client_id", "cs-e2e"},
            {"secret_file", folder.Write("secret", kSecret)},
            {"stream_ids", {"st-other"}}}}}});
  for (const CallEnd& end : BothEnds(Run())) {
    EXPECT_EQ(end.status.error_code(), StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(ReasonOf(end.status), "STREAM_NOT_SERVED");
    EXPECT_FALSE(RetryDelayOf(end.status).has_value());
  }
  EXPECT_EQ(Requests(), 0);
}

TEST_F(RefusalTest, AnIdentityIsRequiredWhereConfigured) {
  Start({{"access", {{"require_identity", true}, {"trusted_header", "LINKERD_CLIENT_ID"}}}});
  for (const CallEnd& end : BothEnds(Run())) {
    EXPECT_EQ(end.status.error_code(), StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(ReasonOf(end.status), "IDENTITY_REQUIRED");
  }
  EXPECT_EQ(Requests(), 0);

  v1::GetStatusRequest request;
  *request.mutable_run() = Run();
  EXPECT_TRUE(
      caller_->GetStatus(request, {{"l5d-client-id", "ci.tests.serviceaccount.identity"}}).ok());
}

TEST_F(RefusalTest, ACallerThatCallsTooOftenIsToldItsLimit) {
  Start({{"limits", {{"calls_per_second_per_caller", 1}}}});
  v1::GetStatusRequest request;
  *request.mutable_run() = Run();
  const StatusAnswer answer =
      caller_->GetStatusUntil(request, [](const StatusAnswer& each) { return !each.ok(); });

  EXPECT_EQ(answer.end.status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(answer.end.status), "CALLER_LIMIT");
  EXPECT_TRUE(RetryDelayOf(answer.end.status).has_value());
  const auto quota =
      DetailOf<details::v1::QuotaFailure>(answer.end.status, "google.rpc.QuotaFailure");
  ASSERT_TRUE(quota.has_value());
  EXPECT_EQ(quota->violations(0).subject(), "127.0.0.1");
}

TEST_F(RefusalTest, ACallerWithTooManyWatchesIsToldItsLimit) {
  Start({{"limits", {{"max_watches_per_caller", 1}}}});
  const auto first = caller_->Watch(Run());
  ASSERT_TRUE(first->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());
  const auto end = caller_->Watch(Run())->WaitForEnd();

  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(end->status), "CALLER_LIMIT");
}

TEST_F(RefusalTest, AFullGatewayPushesBack) {
  Start({{"limits", {{"max_watches", 1}}}});
  const auto first = caller_->Watch(Run());
  ASSERT_TRUE(first->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());
  const auto end = caller_->Watch(Run())->WaitForEnd();

  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(end->status), "OVERLOADED");
  EXPECT_EQ(end->trailers.count("grpc-retry-pushback-ms"), 1u);
}

TEST_F(RefusalTest, NewRunsOfOneCallerAreLimited) {
  Start({{"polling", {{"new_runs_per_second_per_caller", 1}}}});
  int refused = 0;
  for (int i = 0; i < 60 && refused == 0; ++i) {
    const grpc::Status status =
        caller_->GetStatus(deployment_->Reference("tr-unknown-" + std::to_string(i))).end.status;
    if (status.error_code() == StatusCode::NOT_FOUND) continue;
    ++refused;
    EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(ReasonOf(status), "CALLER_LIMIT");
    EXPECT_TRUE(RetryDelayOf(status).has_value());
  }
  EXPECT_EQ(refused, 1);
}

TEST_F(RefusalTest, TheCallersDeadlineEndsWhatWaits) {
  Start(nullptr);
  deployment_->simulator().Control("POST", "/faults", {{"kind", "hang"}, {"run", "tr-1"}});
  const auto stub = v1::RunStatusService::NewStub(caller_->channel());
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(1)));
  v1::GetStatusRequest request;
  *request.mutable_run() = Run();
  v1::GetStatusResponse response;

  EXPECT_EQ(stub->GetStatus(&context, request, &response).error_code(),
            StatusCode::DEADLINE_EXCEEDED);
}

}  // namespace
}  // namespace runcast::e2e
