// One bad answer of the platform, after which all is well: what is repeated, and what shows.

#include <gtest/gtest.h>

#include <string>

#include "absl/time/time.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/error_details.h"
#include "tests/e2e/platform_errors.h"
#include "tests/e2e/quick_polling.h"

namespace runcast::e2e {
namespace {

using grpc::StatusCode;
using nlohmann::ordered_json;

class PassingErrorTest : public testing::Test {
 protected:
  v1::RunReference StartWith(const std::string& run_id, ordered_json fault) {
    deployment_.StartRun({{"run_id", run_id}, {"duration_ms", 600'000}, {"ran", 10}});
    fault["run"] = run_id;
    fault["count"] = 1;
    deployment_.simulator().Control("POST", "/faults", fault);
    return deployment_.Reference(run_id);
  }

  Deployment deployment_{QuickPolling(kUnhurried)};
  Caller caller_{deployment_.grpc_address()};
};

TEST_F(PassingErrorTest, ATokenTakenForAReplayIsRepeatedAtOnceWithAnother) {
  const v1::RunReference run =
      StartWith("tr-replay", Refusal(401, 401, "error verifying the jwt: possibly a replay"));

  EXPECT_TRUE(caller_.GetStatus(run).ok());
  EXPECT_EQ(deployment_.CallsFor("tr-replay").at("calls"), 2);
}

TEST_F(PassingErrorTest, NothingElseIsRepeated) {
  const v1::RunReference run = StartWith("tr-500", Bare(500));

  EXPECT_EQ(caller_.GetStatus(run).end.status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(deployment_.CallsFor("tr-500").at("calls"), 1);
}

TEST_F(PassingErrorTest, OneFailedPollOfAFollowedRunDoesNotShow) {
  const v1::RunReference run = StartWith("tr-blip", With(Bare(500), "after", 2));
  const auto watch = caller_.Watch(run);

  EXPECT_TRUE(simulator_test::SimulatorProcess::Eventually(
      [&] { return deployment_.CallsFor("tr-blip").value("calls", 0) >= 5; }, 40));
  EXPECT_EQ(watch->messages().size(), 1u) << "a status, and nothing since";
}

TEST_F(PassingErrorTest, ARefusalWithADateIsObeyedToTheSecond) {
  const absl::Time until = absl::Now() + absl::Seconds(30);
  const v1::RunReference run = StartWith(
      "tr-date", With(Refusal(429, 429, kSomeTime), "retry_after",
                      absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", until, absl::UTCTimeZone())));

  const StatusAnswer answer = caller_.GetStatus(run);
  EXPECT_EQ(ReasonOf(answer.end.status), "RUN_BUDGET_SPENT");
  const auto delay = RetryDelayOf(answer.end.status);
  ASSERT_TRUE(delay.has_value());
  EXPECT_GE(*delay, absl::Seconds(20));
  EXPECT_LE(*delay, absl::Seconds(34));
}

}  // namespace
}  // namespace runcast::e2e
