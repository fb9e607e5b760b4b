// Rules that count in tens of seconds of real time, waited for all at once: credentials that stay
// refused, a platform that stays behind itself.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/error_details.h"
#include "tests/e2e/quick_polling.h"

namespace runcast::e2e {
namespace {

using grpc::StatusCode;
using nlohmann::ordered_json;

// Contract: credentials that never worked are believed to be under repair for so long.
constexpr absl::Duration kPatience = absl::Seconds(60);
// The longest back-off after a refusal, and time for a busy machine.
constexpr absl::Duration kSlack = absl::Seconds(30);

// A token of a run that somebody saw on another replica.
std::string TokenFromElsewhere() {
  Deployment other(QuickPolling());
  Caller caller(other.grpc_address());
  const std::string run = other.StartRun({{"ran", 1}, {"duration_ms", 600'000}});
  const auto watch = caller.Watch(other.Reference(run));
  EXPECT_TRUE(watch->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());
  return watch->resume_token();
}

TEST(PatienceTest, TroubleThatStaysIsToldInTheEnd) {
  const std::string token = TokenFromElsewhere();
  Deployment deployment(QuickPolling());
  Caller caller(deployment.grpc_address());
  const auto start = [&](const std::string& name) {
    const std::string run_id = absl::StrCat("tr-", name);
    const std::string stream = absl::StrCat("st-", name);
    deployment.StartRun(
        {{"stream", stream}, {"run_id", run_id}, {"ran", 20}, {"duration_ms", 600'000}});
    return deployment.Reference(run_id, stream);
  };
  const auto refuse = [&](const std::string& name, const std::string& text) {
    deployment.simulator().Control("POST", "/faults",
                                   {{"kind", "http"},
                                    {"run", absl::StrCat("tr-", name)},
                                    {"status", 401},
                                    {"body", {{"errors", {{{"msg", text}, {"code", 4002}}}}}}});
  };

  // Refused from the first call on, in two ways.
  const v1::RunReference wrong = start("wrong");
  refuse("wrong", "Invalid SDK credentials");
  const v1::RunReference scope = start("scope");
  refuse("scope", "Permission denied. Scope is incorrect!");
  const absl::Time first_refusal = absl::Now();
  const auto wrong_watch = caller.Watch(wrong);
  const auto resumed_watch = caller.Watch(wrong, token);
  const auto scope_watch = caller.Watch(scope);
  // Refused after they worked.
  const v1::RunReference worked = start("worked");
  const auto worked_watch = caller.Watch(worked);
  ASSERT_TRUE(worked_watch->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());
  refuse("worked", "Invalid SDK credentials");
  // A platform that shows an older state and stays with it.
  const v1::RunReference older = start("older");
  const auto older_watch = caller.Watch(older);
  ASSERT_TRUE(older_watch->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());
  const absl::Time went_back = absl::Now();
  deployment.simulator().Control("PATCH", "/runs/tr-older", {{"ran", 5}});

  const auto stale = older_watch->WaitForFreshness(v1::Freshness::STATE_STALE);
  const absl::Duration until_stale = absl::Now() - went_back;
  const auto wrong_end = wrong_watch->WaitForEnd(kPatience + kSlack);
  const absl::Duration until_end = absl::Now() - first_refusal;
  const auto scope_end = scope_watch->WaitForEnd(kSlack);

  ASSERT_TRUE(stale.has_value());
  EXPECT_EQ(stale->reason(), "UPSTREAM_WENT_BACK");
  EXPECT_GE(until_stale, absl::Seconds(29));
  for (const v1::WatchRunResponse& message : older_watch->messages()) {
    if (message.has_status()) {
      EXPECT_EQ(message.status().progress().utterances_done(), 20);
    }
  }

  EXPECT_GE(until_end, kPatience - absl::Seconds(1));
  ASSERT_TRUE(wrong_end.has_value());
  EXPECT_EQ(wrong_end->status.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(wrong_end->status), "UPSTREAM_CREDENTIALS");
  ASSERT_TRUE(scope_end.has_value());
  EXPECT_EQ(scope_end->status.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(scope_end->status), "UPSTREAM_SCOPE");
  const grpc::Status read = caller.GetNewStatus(wrong).end.status;
  EXPECT_EQ(read.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(read), "UPSTREAM_CREDENTIALS");
  EXPECT_TRUE(resumed_watch->is_open()) << "who resumes has seen the run";
  EXPECT_TRUE(worked_watch->is_open()) << "they worked before";
  const StatusAnswer known = caller.GetNewStatus(worked);
  ASSERT_TRUE(known.ok());
  EXPECT_EQ(known.status().freshness().state(), v1::Freshness::STATE_STALE);
}

}  // namespace
}  // namespace runcast::e2e
