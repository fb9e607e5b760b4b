// What the program says about its configuration: refusals at start, and what it prints on request.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "tests/e2e/child_process.h"
#include "tests/e2e/deployment.h"
#include "tests/fakes/temp_directory.h"

namespace runcast::e2e {
namespace {

using nlohmann::ordered_json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using testing::UnorderedElementsAre;

constexpr absl::Duration kLimit = absl::Seconds(40);
constexpr char kSecret[] = "start-secret-of-the-length-the-platform-has.";

struct Outcome {
  std::optional<int> exit_code;
  std::vector<std::string> stdout_lines;
  std::vector<std::string> stderr_lines;
};

class StartTest : public testing::Test {
 protected:
  // A configuration that starts, with a change (RFC 7396).
  std::string File(const ordered_json& change) {
    ordered_json config = {
        {"server", {{"listen", "127.0.0.1:0"}}},
        {"admin", {{"listen", "127.0.0.1:0"}}},
        {"upstream", {{"base_url", "https://platform.example"}}},
        {"credentials",
         {{{"name", "one"},
           {"client_id", "cs-1"},
           {"secret_file", folder_.Write("secret", kSecret)},
           {"stream_ids", {"*"}}}}},
    };
    config.merge_patch(change);
    return folder_.Write("gateway.json", config.dump(2));
  }
  Outcome Run(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
    arguments.insert(arguments.begin(), GatewayProgram());
    ChildProcess gateway(std::move(arguments), std::move(environment));
    Outcome outcome;
    outcome.exit_code = gateway.WaitForExit(kLimit);
    outcome.stdout_lines = gateway.LinesOfStdout(kLimit);
    outcome.stderr_lines = gateway.LinesOfStderr(kLimit);
    return outcome;
  }

  fakes::TempDirectory folder_;
};

struct Fault {
  const char* name;
  ordered_json change;
  std::vector<std::string> words;  // Each in the one message.
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class RefusalAtStartTest : public StartTest, public testing::WithParamInterface<Fault> {};

TEST_P(RefusalAtStartTest, IsOneMessageThatNamesTheFieldAndExitCodeTwo) {
  const std::string file = File(GetParam().change);
  for (const char* flag : {"--log-level=info", "--check-config"}) {
    SCOPED_TRACE(flag);
    const Outcome outcome = Run({"--config", file, flag});

    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.stdout_lines, IsEmpty());
    ASSERT_EQ(outcome.stderr_lines.size(), 1u) << absl::StrJoin(outcome.stderr_lines, "\n");
    EXPECT_THAT(outcome.stderr_lines[0], StartsWith("runcast-gateway: "));
    for (const std::string& word : GetParam().words) {
      EXPECT_THAT(outcome.stderr_lines[0], HasSubstr(word));
    }
    EXPECT_THAT(outcome.stderr_lines[0], Not(HasSubstr(kSecret)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Faults, RefusalAtStartTest,
    testing::Values(
        Fault{"TypoInAKey",
              {{"polling", {{"lingr", "30s"}}}},
              {"polling.lingr", "unknown key", "linger"}},
        Fault{"TypoInASection", {{"pollling", {{"linger", "30s"}}}}, {"pollling", "unknown key"}},
        Fault{"WrongDuration", {{"polling", {{"linger", "30"}}}}, {"polling.linger", "30"}},
        Fault{"NegativeDuration", {{"polling", {{"linger", "-1s"}}}}, {"polling.linger"}},
        Fault{"DurationOutOfRange",
              {{"streams", {{"heartbeat_interval", "1s"}}}},
              {"streams.heartbeat_interval", "5s"}},
        Fault{"WrongType", {{"server", {{"serving_loops", "many"}}}}, {"server.serving_loops"}},
        Fault{"UnknownWord", {{"log", {{"level", "LOUD"}}}}, {"log.level", "LOUD"}},
        Fault{"HttpWithoutTheSwitch",
              {{"upstream", {{"base_url", "http://platform.example"}}}},
              {"upstream.base_url", "upstream.allow_http"}},
        Fault{"NoPlatform", {{"upstream", {{"base_url", nullptr}}}}, {"upstream.base_url"}},
        Fault{"NoCredentials", {{"credentials", nullptr}}, {"credentials"}},
        Fault{"MissingSecretFile",
              {{"credentials",
                {{{"name", "one"},
                  {"client_id", "cs-1"},
                  {"secret_file", "/nowhere/secret"},
                  {"stream_ids", {"*"}}}}}},
              {"credentials[0].secret_file", "No such file"}},
        Fault{"MissingVariableOfASecret",
              {{"credentials",
                {{{"name", "one"},
                  {"client_id", "cs-1"},
                  {"secret_env", "RUNCAST_TEST_NO_SUCH_VARIABLE"},
                  {"stream_ids", {"*"}}}}}},
              {"credentials[0].secret_env", "variable that is set"}},
        Fault{"MissingPolicyFile",
              {{"access", {{"policy_file", "/nowhere/policy.json"}}}},
              {"access.policy_file", "/nowhere/policy.json"}},
        Fault{"PlaintextForEverybody",
              {{"server", {{"listen", "0.0.0.0:0"}}}},
              {"server.listen", "server.allow_plaintext"}},
        Fault{"AnAddressWithoutAPort", {{"admin", {{"listen", "127.0.0.1"}}}}, {"admin.listen"}}),
    [](const auto& fault) { return std::string(fault.param.name); });

TEST_F(StartTest, SeveralFaultsAreToldAtOnce) {
  const std::string file = File({{"polling", {{"lingr", "30s"}, {"retention", "long"}}},
                                 {"upstream", {{"base_url", "http://platform.example"}}}});
  const Outcome outcome =
      Run({"--config", file, "--server-serving-loops", "1000"}, {"RUNCAST_STREAMS_MAX_AGE=0s"});

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(
      outcome.stderr_lines,
      UnorderedElementsAre(HasSubstr("polling.lingr"), HasSubstr("polling.retention"),
                           HasSubstr("upstream.base_url"), HasSubstr("flag --server-serving-loops"),
                           HasSubstr("variable RUNCAST_STREAMS_MAX_AGE")));
}

TEST_F(StartTest, WhereTheLogIsJsonFaultsAreEventsOfIt) {
  Deployment other;
  const ordered_json json = {{"format", "json"}};
  const ordered_json faulty = {{"log", json},
                               {"polling", {{"lingr", "30s"}, {"retention", "long"}}}};
  const ordered_json port_in_use = {{"log", json}, {"server", {{"listen", other.grpc_address()}}}};

  for (const auto& [change, word, faults] :
       {std::tuple{faulty, "polling.", 2}, std::tuple{port_in_use, "server.listen", 1}}) {
    const Outcome outcome = Run({"--config", File(change)});

    EXPECT_EQ(outcome.exit_code, 2);
    int told = 0;
    for (const std::string& line : outcome.stderr_lines) {
      const ordered_json event = ordered_json::parse(line, nullptr, /*allow_exceptions=*/false);
      ASSERT_TRUE(event.is_object()) << line;
      if (event.value("event", "") != "gateway.cannot_start") continue;
      ++told;
      EXPECT_EQ(event.value("severity", ""), "ERROR");
      EXPECT_THAT(event.value("message", ""), HasSubstr(word));
    }
    EXPECT_EQ(told, faults) << absl::StrJoin(outcome.stderr_lines, "\n");
  }
  EXPECT_THAT(Run({"--config", File(faulty), "--check-config"}).stderr_lines,
              testing::Each(StartsWith("runcast-gateway: ")))
      << "for people";
}

TEST_F(StartTest, WhatIsWrongWithSecretsAndPoliciesIsToldAtOnce) {
  const std::string file = File({
      {"credentials",
       {{{"name", "empty"},
         {"client_id", "cs-1"},
         {"secret_file", folder_.Write("empty", "\n")},
         {"stream_ids", {"st-1"}}},
        {{"name", "no-key"},
         {"client_id", "cs-2"},
         {"secret_file", folder_.Write("no-key", "this is no PEM")},
         {"algorithm", "RS256"},
         {"stream_ids", {"st-2"}}}}},
      {"access", {{"policy_file", folder_.Write("policy.json", "{\"nmae\": \"x\"}")}}},
  });
  const Outcome outcome = Run({"--config", file});

  EXPECT_EQ(outcome.exit_code, 2);
  const std::string all = absl::StrJoin(outcome.stderr_lines, "\n");
  EXPECT_THAT(all, HasSubstr("credentials[0].secret_file: must lead to the Client Secret"));
  EXPECT_THAT(all, HasSubstr("credentials[1].secret_file: must lead to an RSA private key"));
  EXPECT_THAT(all, HasSubstr("access.policy_file: "));
  EXPECT_THAT(all, HasSubstr("nmae"));
  EXPECT_EQ(Run({"--config", file, "--check-config"}).stderr_lines, outcome.stderr_lines);
}

TEST_F(StartTest, AMissingConfigurationFileIsNamed) {
  const Outcome outcome = Run({"--config", "/nowhere/gateway.json"});

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.stderr_lines, ElementsAre(HasSubstr("/nowhere/gateway.json")));
}

TEST_F(StartTest, AnUnknownFlagIsNamed) {
  const Outcome outcome = Run({"--config", File(ordered_json::object()), "--polling-lingr", "2m"});

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.stderr_lines, ElementsAre(HasSubstr("--polling-lingr")));
}

TEST_F(StartTest, PortsInUseAreToldBoth) {
  Deployment other;
  const Outcome outcome = Run({"--config", File({{"server", {{"listen", other.grpc_address()}}},
                                                 {"admin", {{"listen", other.admin_address()}}}})});

  EXPECT_EQ(outcome.exit_code, 2);
  std::vector<std::string> messages;
  for (const std::string& line : outcome.stderr_lines) {
    if (absl::StartsWith(line, "runcast-gateway: ")) messages.push_back(line);
  }
  EXPECT_THAT(messages, UnorderedElementsAre(
                            AllOf(HasSubstr("server.listen"), HasSubstr(other.grpc_address())),
                            AllOf(HasSubstr("admin.listen"), HasSubstr(other.admin_address()))));
}

TEST_F(StartTest, CheckConfigSaysThatAllIsGood) {
  const Outcome outcome = Run({"--config", File(ordered_json::object()), "--check-config"});

  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.stdout_lines, ElementsAre("configuration is good"));
  EXPECT_THAT(outcome.stderr_lines, IsEmpty());
}

TEST_F(StartTest, PrintConfigIsAFileThatLoadsAgainWithoutSecrets) {
  const Outcome first = Run({"--config", File(ordered_json::object()), "--print-config"},
                            {"RUNCAST_POLLING_LINGER=2m"});
  ASSERT_EQ(first.exit_code, 0);
  const std::string text = absl::StrJoin(first.stdout_lines, "\n");
  const std::string printed = folder_.Write("printed.json", text);
  const Outcome second = Run({"--config", printed, "--print-config"});

  EXPECT_EQ(second.exit_code, 0);
  EXPECT_EQ(second.stdout_lines, first.stdout_lines);
  EXPECT_THAT(text, HasSubstr("\"linger\": \"2m\""));
  EXPECT_THAT(text, Not(HasSubstr(kSecret)));
}

TEST_F(StartTest, VersionListsTheLibraries) {
  const Outcome outcome = Run({"--version"});

  EXPECT_EQ(outcome.exit_code, 0);
  const std::string text = absl::StrJoin(outcome.stdout_lines, "\n");
  for (const char* name : {"runcast-gateway ", "gRPC ", "protobuf ", "curl ", "OpenSSL "}) {
    EXPECT_THAT(text, HasSubstr(name));
  }
}

TEST_F(StartTest, WhatCannotBePrintedIsNoSuccess) {
  const std::string file = File(ordered_json::object());
  for (const char* flag : {"--help", "--version", "--print-config", "--check-config"}) {
    SCOPED_TRACE(flag);
    ChildProcess gateway({"/bin/sh", "-c",
                          absl::StrCat("exec '", GatewayProgram(), "' --config '", file, "' ", flag,
                                       " > /dev/full")});

    EXPECT_EQ(gateway.WaitForExit(kLimit), 2);
    EXPECT_THAT(gateway.LinesOfStderr(kLimit),
                ElementsAre("runcast-gateway: cannot write to stdout: No space left on device"));
  }
}

TEST_F(StartTest, HelpHasExamplesExitCodesAndEverySetting) {
  const Outcome outcome = Run({"--help"});

  EXPECT_EQ(outcome.exit_code, 0);
  const std::string text = absl::StrJoin(outcome.stdout_lines, "\n");
  for (const char* part : {"examples:", "exit codes:", "--check-config", "--print-config",
                           "--version", "--polling-linger", "RUNCAST_POLLING_LINGER"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

}  // namespace
}  // namespace runcast::e2e
