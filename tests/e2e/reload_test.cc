// SIGHUP reads the configuration again; what can change does, and the log says what.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/quick_polling.h"

namespace runcast::e2e {
namespace {

using nlohmann::ordered_json;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr absl::Duration kLimit = absl::Seconds(30);

class ReloadTest : public testing::Test {
 protected:
  ReloadTest()
      : deployment_(QuickPolling({{"log", {{"level", "INFO"}}}})),
        caller_(deployment_.grpc_address()) {}

  ordered_json Config() {
    return ordered_json::parse(std::ifstream(deployment_.folder().Path("gateway.json")));
  }
  // Writes it, asks for a reload and waits for what the log says.
  ordered_json Reload(const std::string& text, const std::string& event) {
    deployment_.folder().Replace("gateway.json", text);
    deployment_.gateway().Signal(SIGHUP);
    return WaitForEvent(event);
  }
  ordered_json WaitForEvent(const std::string& event) {
    const std::string wanted = absl::StrCat("\"event\":\"", event, "\"");
    const std::optional<std::string> line = deployment_.gateway().WaitForLine(
        [&](const std::string& text) { return absl::StrContains(text, wanted); }, kLimit);
    EXPECT_TRUE(line.has_value()) << "no " << event << " in\n" << deployment_.gateway().Output();
    return line.has_value() ? ordered_json::parse(*line) : ordered_json::object();
  }

  Deployment deployment_;
  Caller caller_;
};

TEST_F(ReloadTest, TheLogLevelChangesWhileCallsAreOpenAndTheRestIsNamed) {
  const std::string run_id = deployment_.StartRun({{"ran", 10}, {"duration_ms", 600'000}});
  const auto watch = caller_.Watch(deployment_.Reference(run_id));
  ASSERT_TRUE(watch->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());
  ordered_json config = Config();
  config["log"] = {{"level", "DEBUG"}};
  config["polling"]["linger"] = "2m";

  const ordered_json event = Reload(config.dump(), "config.reloaded");

  EXPECT_EQ(event.value("changed", ""), R"(log.level: "INFO" to "DEBUG")");
  EXPECT_EQ(event.value("needs_restart", ""), R"(polling.linger: "30s" to "2m")");
  EXPECT_TRUE(watch->is_open());
  caller_.GetStatus(deployment_.Reference(run_id));
  EXPECT_EQ(WaitForEvent("call.ended").value("severity", ""), "DEBUG");
}

TEST_F(ReloadTest, AReloadThatMakesTheLogQuieterIsToldItself) {
  ordered_json config = Config();
  config["log"] = {{"level", "ERROR"}};
  config["polling"]["linger"] = "2m";

  const ordered_json event = Reload(config.dump(), "config.reloaded");

  EXPECT_EQ(event.value("changed", ""), R"(log.level: "INFO" to "ERROR")");
  EXPECT_EQ(event.value("needs_restart", ""), R"(polling.linger: "30s" to "2m")");
  deployment_.gateway().Signal(SIGTERM);
  ASSERT_EQ(deployment_.gateway().WaitForExit(kLimit), 0);
  EXPECT_THAT(deployment_.gateway().LinesOfStderr(kLimit),
              Not(Contains(HasSubstr("gateway.draining"))));
}

TEST_F(ReloadTest, AConfigurationWithFaultsChangesNothingAndAllFaultsAreTold) {
  ordered_json config = Config();
  config["log"] = {{"level", "LOUD"}};
  config["polling"]["lingr"] = "2m";

  const ordered_json event = Reload(config.dump(), "config.reload_refused");

  EXPECT_EQ(event.value("severity", ""), "ERROR");
  EXPECT_THAT(event.value("faults", ""), HasSubstr("log.level"));
  EXPECT_THAT(event.value("faults", ""), HasSubstr("polling.lingr"));
  const std::string run_id = deployment_.StartRun({{"ran", 10}, {"duration_ms", 600'000}});
  EXPECT_TRUE(caller_.GetStatus(deployment_.Reference(run_id)).ok());
}

TEST_F(ReloadTest, DuringADrainNothingIsReadAgain) {
  const auto watch = caller_.Watch(deployment_.Reference("tr-none"));
  deployment_.gateway().Signal(SIGTERM);
  deployment_.gateway().Signal(SIGHUP);

  EXPECT_EQ(deployment_.gateway().WaitForExit(kLimit), 0);
}

}  // namespace
}  // namespace runcast::e2e
