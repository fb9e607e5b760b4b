// The control interface itself.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/component/simulator/simulator_process.h"
#include "tests/component/simulator/test_token.h"

namespace runcast::simulator_test {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;

class ControlTest : public testing::Test {
 protected:
  Exchange Ask(const std::string& run = "tr-1") {
    return client_.Do("GET", simulator_.StatusUrl(run), {AuthHeader(), "bot-language: de"});
  }

  SimulatorProcess simulator_{{"--default-app", std::string(kClientId) + ":" + kSecret}};
  HttpClient client_;
};

TEST_F(ControlTest, ManyRunsComeFromOneCall) {
  const Json ids = simulator_.Control(
      "POST", "/runs",
      {{"count", 1'000}, {"run_id", "tr-{n}"}, {"stream", "st-1"}, {"suite", "smoke"}})["run_ids"];

  EXPECT_EQ(ids.size(), 1'000u);
  EXPECT_EQ(Ask("tr-1000").status, 200);
  EXPECT_EQ(simulator_.Control("GET", "/runs?stream=st-1").size(), 1'000u);
}

TEST_F(ControlTest, ARunWithoutAnIdGetsOne) {
  const Json ids =
      simulator_.Control("POST", "/runs", {{"stream", "st-1"}, {"suite", "smoke"}})["run_ids"];

  EXPECT_EQ(Ask(ids.at(0).get<std::string>()).status, 200);
}

TEST_F(ControlTest, TheLogTellsWhatWasReceived) {
  simulator_.Control("POST", "/runs",
                     {{"stream", "st-1"}, {"suite", "smoke"}, {"run_id", "tr-1"}, {"ran", 10}});
  Ask();
  Ask();

  const Json entries = simulator_.Requests("run=tr-1");

  ASSERT_EQ(entries.size(), 2u);
  const Json& entry = entries[1];
  EXPECT_EQ(entry["path"], "/api/public/stream/st-1/testsuite/smoke/tr-1/status");
  EXPECT_EQ(entry["method"], "GET");
  EXPECT_EQ(entry["headers"]["bot-language"], "de");
  EXPECT_FALSE(entry["headers"].contains("auth"));
  EXPECT_EQ(entry["status"], 200);
  EXPECT_EQ(entry["state"], "running");
  EXPECT_EQ(entry["ran"], 10);
  EXPECT_EQ(entry["percentage"], 25);
  EXPECT_EQ(entry["connection"], entries[0]["connection"]);
  EXPECT_EQ(entry["request_of_connection"], 2);
  EXPECT_GE(entry["monotonic_ms"].get<double>(), entries[0]["monotonic_ms"].get<double>());
  EXPECT_GE(entry["answered_monotonic_ms"].get<double>(), entry["monotonic_ms"].get<double>());
}

TEST_F(ControlTest, TheLogIsReadInPagesAndForgetsTheOldest) {
  simulator_.Control("PUT", "/settings", {{"log_capacity", 5}});
  for (int i = 0; i < 7; ++i) Ask();

  const Json first = simulator_.Control("GET", "/requests?limit=3");
  const Json second =
      simulator_.Control("GET", "/requests?limit=3&since=" + first["next_since"].dump());
  const Json newest = simulator_.Control("GET", "/requests?limit=1&newest=1");

  EXPECT_EQ(first["dropped"], 2);
  EXPECT_EQ(first["requests"][0]["seq"], 3);
  EXPECT_EQ(second["requests"].size(), 2u);
  EXPECT_EQ(newest["requests"][0]["seq"], 7);
}

TEST_F(ControlTest, WithoutALogCountsGoOn) {
  simulator_.Control("PUT", "/settings", {{"log", false}});
  Ask();

  EXPECT_EQ(simulator_.Requests().size(), 0u);
  EXPECT_EQ(simulator_.Control("GET", "/stats")["requests"], 1);
}

TEST_F(ControlTest, IdleConnectionsAreClosedOnDemand) {
  Ask();
  EXPECT_EQ(simulator_.Control("GET", "/connections")["open"], 1);

  EXPECT_EQ(simulator_.Control("DELETE", "/connections?which=idle&how=reset")["closed"], 1);

  EXPECT_EQ(Ask().new_connections, 1);
}

TEST_F(ControlTest, IdleConnectionsAreClosedAfterTheirTime) {
  simulator_.Control("PUT", "/settings", {{"idle_timeout_ms", 100}});
  Ask();

  EXPECT_TRUE(SimulatorProcess::Eventually(
      [&] { return simulator_.Control("GET", "/connections")["open"] == 0; }));
}

TEST_F(ControlTest, TheListenerRefusesResetsIgnoresAndServesAgain) {
  client_.set_limit(std::chrono::milliseconds(500));
  const auto ask_in_mode = [&](const char* mode) {
    simulator_.Control("DELETE", "/connections");
    simulator_.Control("PUT", "/listener", {{"mode", mode}});
    HttpClient fresh;
    fresh.set_limit(std::chrono::seconds(2));
    return fresh.Do("GET", simulator_.StatusUrl("tr-1"), {AuthHeader()}).curl;
  };

  EXPECT_EQ(ask_in_mode("refuse"), CURLE_COULDNT_CONNECT);
  EXPECT_EQ(ask_in_mode("ignore"), CURLE_OPERATION_TIMEDOUT);
  EXPECT_NE(ask_in_mode("reset"), CURLE_OK);
  EXPECT_EQ(ask_in_mode("serve"), CURLE_OK);
}

TEST_F(ControlTest, ThePortStaysTheSameAfterAnOutage) {
  simulator_.Control("PUT", "/listener", {{"mode", "refuse"}});
  simulator_.Control("PUT", "/listener", {{"mode", "serve"}});

  EXPECT_EQ(Ask().curl, CURLE_OK);
}

TEST_F(ControlTest, AScenarioComesOnTop) {
  simulator_.Control("POST", "/scenario",
                     {{"settings", {{"latency_ms", 20}}},
                      {"runs", {{{"stream", "st-1"}, {"suite", "smoke"}, {"run_id", "tr-1"}}}},
                      {"faults", {{{"kind", "http"}, {"status", 502}, {"count", 1}}}}});

  EXPECT_EQ(Ask().status, 502);
  EXPECT_EQ(Ask().status, 200);
}

TEST_F(ControlTest, ResetForgetsWhatItIsToldTo) {
  simulator_.Control("POST", "/runs", {{"stream", "st-1"}, {"suite", "smoke"}, {"run_id", "tr-1"}});
  simulator_.Control("POST", "/faults", {{"kind", "http"}, {"status", 500}});
  Ask();

  simulator_.Control("POST", "/reset");
  EXPECT_EQ(simulator_.Requests().size(), 0u);
  EXPECT_EQ(Ask().status, 200);

  simulator_.Control("POST", "/reset", {{"what", {"runs"}}});
  EXPECT_EQ(Ask().status, 400);
}

TEST_F(ControlTest, WrongCallsAreRefusedWithAReason) {
  HttpClient control;

  const Exchange no_json = control.Do("POST", simulator_.control() + "/runs", {}, "{");
  const Exchange no_run = control.Do("GET", simulator_.control() + "/runs/tr-9");
  const Exchange no_call = control.Do("GET", simulator_.control() + "/nothing");
  const Exchange no_setting =
      control.Do("PUT", simulator_.control() + "/settings", {}, R"({"minute_limt":1})");

  EXPECT_EQ(no_json.status, 400);
  EXPECT_EQ(no_run.status, 404);
  EXPECT_EQ(no_call.status, 404);
  EXPECT_EQ(no_setting.status, 400);
  EXPECT_THAT(no_setting.body, HasSubstr("minute_limt"));
}

}  // namespace
}  // namespace runcast::simulator_test
