// The rolling windows, scaled down.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/component/simulator/simulator_process.h"
#include "tests/component/simulator/test_token.h"

namespace runcast::simulator_test {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;

class WindowTest : public testing::Test {
 protected:
  Exchange Ask(const std::string& run = "tr-1") {
    return client_.Do("GET", simulator_.StatusUrl(run), {AuthHeader()});
  }
  Json Account(const std::string& run = "tr-1") {
    return simulator_.Control("GET", "/stats?run=" + run).at("runs").at(run);
  }

  SimulatorProcess simulator_{{"--default-app", std::string(kClientId) + ":" + kSecret,
                               "--auto-run", "{}", "--minute-limit", "3", "--minute-window-ms",
                               "60000", "--hour-limit", "5", "--hour-window-ms", "3600000"}};
  HttpClient client_;
};

TEST_F(WindowTest, ACallAboveTheMinuteIsRefusedAndAViolation) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask().status, 200);

  const Exchange refused = Ask();

  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.ErrorMessage(), HasSubstr("exceeded the per-minute rate limit"));
  EXPECT_EQ(Account()["violations"], 1);
  EXPECT_EQ(Account()["calls"], 4);
  EXPECT_EQ(Account()["peak_minute"], 4);
  EXPECT_EQ(simulator_.Control("GET", "/stats")["violations"], 1);
  EXPECT_EQ(simulator_.Requests("status=429").at(0)["violation"], true);
}

TEST_F(WindowTest, TheHourHasItsOwnText) {
  for (int i = 0; i < 5; ++i) Ask();

  EXPECT_THAT(Ask().ErrorMessage(), HasSubstr("exceeded the hourly rate limit"));
}

TEST_F(WindowTest, EveryRunIdHasWindowsOfItsOwn) {
  for (int i = 0; i < 4; ++i) Ask("tr-1");

  EXPECT_EQ(Ask("tr-2").status, 200);
  EXPECT_EQ(Account("tr-2")["violations"], 0);
}

TEST_F(WindowTest, TheSameRunIdUnderAnotherSuiteSharesTheWindow) {
  for (int i = 0; i < 3; ++i) {
    client_.Do("GET", simulator_.StatusUrl("tr-1", "other"), {AuthHeader()});
  }

  EXPECT_EQ(Ask("tr-1").status, 429);
}

TEST_F(WindowTest, CallsThatAreRefusedForTheirTokenCountToo) {
  for (int i = 0; i < 3; ++i) client_.Do("GET", simulator_.StatusUrl("tr-1"));

  EXPECT_EQ(Ask().status, 429);
}

TEST_F(WindowTest, TheWindowRolls) {
  simulator_.Control("PUT", "/settings", {{"minute_window_ms", 300}, {"hour_limit", 0}});
  for (int i = 0; i < 4; ++i) Ask();

  EXPECT_TRUE(SimulatorProcess::Eventually([&] { return Account()["in_minute"] == 0; }));
  EXPECT_EQ(Ask().status, 200);
}

TEST_F(WindowTest, StatusTextAndRetryAfterOfARefusalAreSettings) {
  simulator_.Control("PUT", "/settings",
                     {{"rate_status", 403},
                      {"rate_minute_text", "Rate limit for this API has been reached."},
                      {"rate_retry_after_s", 7}});
  for (int i = 0; i < 3; ++i) Ask();

  const Exchange refused = Ask();

  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.ErrorMessage(), "Rate limit for this API has been reached.");
  EXPECT_EQ(refused.headers.at("retry-after"), "7");
}

TEST_F(WindowTest, TheOtherCallsShareABudgetPerBot) {
  simulator_.Control("PUT", "/settings", {{"bot_minute_limit", 2}});
  const std::string list = simulator_.api() + "/api/public/bot/st-1/testsuite";
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client_.Do("GET", list, {AuthHeader()}).status, 200);
  }

  EXPECT_EQ(client_.Do("GET", list, {AuthHeader()}).status, 429);
  EXPECT_EQ(client_.Do("DELETE", list + "/smoke/tr-1", {AuthHeader()}).status, 429);
  EXPECT_EQ(Ask().status, 200);
  EXPECT_EQ(simulator_.Control("GET", "/stats")["bots"]["st-1"]["violations"], 2);
}

TEST_F(WindowTest, ResetForgetsTheWindows) {
  for (int i = 0; i < 4; ++i) Ask();

  simulator_.Control("POST", "/reset");

  EXPECT_EQ(Ask().status, 200);
  EXPECT_EQ(Account()["calls"], 1);
}

}  // namespace
}  // namespace runcast::simulator_test
