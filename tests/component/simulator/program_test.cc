// The program as a whole: flags, files, TLS, end.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "tests/component/simulator/simulator_process.h"
#include "tests/component/simulator/test_token.h"

namespace runcast::simulator_test {
namespace {

using ::testing::StartsWith;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = testing::TempDir() + "simulator-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string DefaultApp() { return std::string(kClientId) + ":" + kSecret; }

TEST(SimulatorProgramTest, SignalsEndItInOrder) {
  for (const int signal : {SIGTERM, SIGINT}) {
    SimulatorProcess simulator;
    kill(simulator.pid(), signal);
    EXPECT_EQ(simulator.WaitForExit(), 0);
  }
}

TEST(SimulatorProgramTest, QuitEndsItInOrder) {
  SimulatorProcess simulator;

  simulator.Control("POST", "/quit");

  EXPECT_EQ(simulator.WaitForExit(), 0);
}

TEST(SimulatorProgramTest, AScenarioFileSetsThePlatformUp) {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/scenario.json";
  std::ofstream(file) << R"({
    // One app, one run.
    "settings": {"rate_status": 403},
    "apps": [{"client_id": ")"
                      << kClientId << R"(", "secret": ")" << kSecret << R"(", "streams": ["st-1"]}],
    "suites": [{"stream": "st-1", "name": "smoke"}],
    "runs": [{"stream": "st-1", "suite": "smoke", "run_id": "tr-1"}]
  })";

  SimulatorProcess simulator({"--scenario", file});
  HttpClient client;

  EXPECT_EQ(client.Do("GET", simulator.StatusUrl("tr-1"), {AuthHeader()}).status, 200);
  EXPECT_EQ(simulator.Control("GET", "/settings")["rate_status"], 403);
}

TEST(SimulatorProgramTest, FlagsWinOverTheScenario) {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/scenario.json";
  std::ofstream(file) << R"({"settings": {"minute_limit": 7, "hour_limit": 70}})";

  SimulatorProcess simulator({"--scenario", file, "--minute-limit", "8"});

  EXPECT_EQ(simulator.Control("GET", "/settings")["minute_limit"], 8);
  EXPECT_EQ(simulator.Control("GET", "/settings")["hour_limit"], 70);
}

TEST(SimulatorProgramTest, ATlsCertificateIsMadeOnTheSpot) {
  const TemporaryFolder folder;
  SimulatorProcess simulator(
      {"--default-app", DefaultApp(), "--auto-run", "{}", "--tls-self-signed", folder.path()});
  HttpClient trusting;
  trusting.set_ca_file(folder.path() + "/ca.pem");
  HttpClient wary;

  EXPECT_THAT(simulator.api(), StartsWith("https://"));
  EXPECT_EQ(trusting.Do("GET", simulator.StatusUrl("tr-1"), {AuthHeader()}).status, 200);
  EXPECT_EQ(trusting.Do("GET", simulator.StatusUrl("tr-1"), {AuthHeader()}).new_connections, 0);
  EXPECT_EQ(wary.Do("GET", simulator.StatusUrl("tr-1"), {AuthHeader()}).curl,
            CURLE_PEER_FAILED_VERIFICATION);
}

TEST(SimulatorProgramTest, ACutOverTlsIsNoOrderlyEnd) {
  const TemporaryFolder folder;
  SimulatorProcess simulator(
      {"--default-app", DefaultApp(), "--auto-run", "{}", "--tls-self-signed", folder.path()});
  HttpClient client;
  client.set_ca_file(folder.path() + "/ca.pem");
  simulator.Control("POST", "/faults", {{"kind", "cut"}, {"at", "body"}, {"how", "reset"}});

  EXPECT_EQ(client.Do("GET", simulator.StatusUrl("tr-1"), {AuthHeader()}).curl, CURLE_RECV_ERROR);
}

TEST(SimulatorProgramTest, CertificatesMayBeWrong) {
  const TemporaryFolder good;
  const TemporaryFolder expired;
  const TemporaryFolder misnamed;
  SimulatorProcess late({"--tls-self-signed", expired.path(), "--tls-expired"});
  SimulatorProcess other({"--tls-self-signed", misnamed.path(), "--tls-names", "example.test"});
  SimulatorProcess simulator({"--tls-self-signed", good.path()});

  for (auto& [process, folder] : {std::pair(&late, &expired), std::pair(&other, &misnamed)}) {
    HttpClient client;
    client.set_ca_file(folder->path() + "/ca.pem");
    EXPECT_EQ(client.Do("GET", process->StatusUrl("tr-1")).curl, CURLE_PEER_FAILED_VERIFICATION);
  }

  // And may be swapped while it runs.
  HttpClient client;
  client.set_ca_file(good.path() + "/ca.pem");
  simulator.Control(
      "PUT", "/tls",
      {{"cert", expired.path() + "/server.pem"}, {"key", expired.path() + "/server-key.pem"}});
  EXPECT_EQ(client.Do("GET", simulator.StatusUrl("tr-1")).curl, CURLE_PEER_FAILED_VERIFICATION);
  simulator.Control(
      "PUT", "/tls",
      {{"cert", good.path() + "/server.pem"}, {"key", good.path() + "/server-key.pem"}});
  EXPECT_EQ(client.Do("GET", simulator.StatusUrl("tr-1")).status, 401);
}

TEST(SimulatorProgramTest, AutoRunsExistForWhoeverAsks) {
  SimulatorProcess simulator(
      {"--default-app", DefaultApp(), "--auto-run", R"({"utterances":3,"duration_ms":0})"});
  HttpClient client;

  const auto body =
      client.Do("GET", simulator.StatusUrl("anything", "any%20suite", "any"), {AuthHeader()})
          .Json();

  EXPECT_EQ(body["_id"], "anything");
  EXPECT_EQ(body["status"], "completed");
  EXPECT_EQ(body["utterance_count"], 3);
}

}  // namespace
}  // namespace runcast::simulator_test
