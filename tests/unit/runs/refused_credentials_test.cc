// When callers are told that the platform refuses our credentials: not before the secret was read
// again, which the loop and the platform's client keep together. Source: contract, "Errors".

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "gateway/runs/poll_loop.h"
#include "gateway/upstream/platform_client.h"
#include "tests/fakes/fake_event_loop.h"
#include "tests/fakes/fake_follower.h"
#include "tests/fakes/fake_http_client.h"
#include "tests/fakes/fake_token_source.h"

namespace runcast::runs {
namespace {

constexpr char kRefused[] = R"({"errors": [{"msg": "Invalid SDK credentials", "code": 4002}]})";
constexpr char kRunning[] = R"({"_id": "tr-1", "status": "running", "percentage": 25})";

// More than the minute for which refusals of credentials that never worked are believed to pass.
constexpr absl::Duration kLong = absl::Minutes(2);

class RefusedCredentialsTest : public testing::Test {
 protected:
  RefusedCredentialsTest() { credentials_.Use(source_); }
  ~RefusedCredentialsTest() override { client_.reset(); }

  const ReadAnswer& Read() {
    poll_loop_->Read(&follower_, ++last_read_,
                     ReadRequest{{"st-1", "smoke", "tr-1", ""}, "caller", absl::Seconds(5), false});
    loop_.RunUntilIdle();
    return follower_.Answer(last_read_);
  }

  fakes::FakeEventLoop loop_;
  telemetry::Metrics metrics_;
  fakes::FakeHttpClient http_{loop_};
  fakes::FakeTokenSource source_{"main"};
  fakes::FakeCredentials credentials_;
  fakes::FakeFollower follower_;
  std::unique_ptr<upstream::PlatformClient> client_ = std::make_unique<upstream::PlatformClient>(
      loop_, http_, credentials_, metrics_,
      upstream::PlatformClient::Options{.url = {.base_url = "https://platform.example"}});
  std::unique_ptr<PollLoop> poll_loop_ =
      std::make_unique<PollLoop>(PollLoop::Options{.seed = 1}, loop_, *client_, metrics_);
  uint64_t last_read_ = 0;
};

TEST_F(RefusedCredentialsTest, AreToldAfterAMinuteAndAnotherReadingOfTheSecret) {
  http_.Script(401, kRefused);
  EXPECT_TRUE(Read().error.passing);
  loop_.AdvanceBy(kLong);
  const int readings = source_.refusals();
  http_.Script(401, kRefused);

  const ReadAnswer& answer = Read();

  EXPECT_EQ(answer.error.reason, Reason::kUpstreamCredentials);
  EXPECT_FALSE(answer.error.passing);
  EXPECT_EQ(source_.refusals(), readings + 1);
}

TEST_F(RefusedCredentialsTest, AreNotToldWhenTheSecretTurnsOutToBeMended) {
  http_.Script(401, kRefused);
  EXPECT_TRUE(Read().error.passing);
  loop_.AdvanceBy(kLong);
  source_.ChangeSecret();
  http_.Script(401, kRefused);
  http_.Script(200, kRunning);

  const ReadAnswer& answer = Read();

  ASSERT_NE(answer.snapshot, nullptr) << answer.error.message;
  EXPECT_EQ(answer.snapshot->status().progress().percent(), 25);
}

}  // namespace
}  // namespace runcast::runs
