#include "client/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <vector>

namespace runcast::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CommandLineTest : public ::testing::Test {
 protected:
  CommandLineTest() { unsetenv("RUNCAST_GATEWAY"); }
  ~CommandLineTest() override { unsetenv("RUNCAST_GATEWAY"); }

  static ParsedCommandLine Parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "runcast");
    return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data());
  }
};

TEST_F(CommandLineTest, WatchTakesStreamSuiteAndRun) {
  const auto parsed = Parse({"watch", "st-1", "smoke tests", "tr-17"});

  ASSERT_TRUE(parsed.command) << parsed.err;
  EXPECT_EQ(parsed.command->command, CommandLine::Command::kWatch);
  EXPECT_EQ(parsed.command->run.stream_id(), "st-1");
  EXPECT_EQ(parsed.command->run.suite_name(), "smoke tests");
  EXPECT_EQ(parsed.command->run.run_id(), "tr-17");
  EXPECT_THAT(parsed.command->client.targets, ElementsAre("127.0.0.1:8443"));
  EXPECT_FALSE(parsed.command->client.tls);
  EXPECT_EQ(parsed.command->client.outage_limit, absl::Seconds(60));
}

TEST_F(CommandLineTest, ReadsAllOptions) {
  const auto parsed = Parse({"get",
                             "s",
                             "t",
                             "r",
                             "--gateway",
                             "a:1,b:2",
                             "--tls-ca",
                             "ca.pem",
                             "--language",
                             "de",
                             "--json",
                             "--report-link",
                             "--timeout",
                             "90",
                             "--max-staleness",
                             "1m",
                             "--min-f1",
                             "0.9",
                             "--min-precision",
                             "0.8",
                             "--min-recall",
                             "0.7",
                             "--max-failures",
                             "0",
                             "--allow-partial"});

  ASSERT_TRUE(parsed.command) << parsed.err;
  const CommandLine& line = *parsed.command;
  EXPECT_EQ(line.command, CommandLine::Command::kGet);
  EXPECT_THAT(line.client.targets, ElementsAre("a:1", "b:2"));
  ASSERT_TRUE(line.client.tls);
  EXPECT_EQ(line.client.tls->ca_file, "ca.pem");
  EXPECT_EQ(line.run.language(), "de");
  EXPECT_TRUE(line.json);
  EXPECT_TRUE(line.report_link);
  EXPECT_EQ(line.timeout, absl::Seconds(90));
  EXPECT_EQ(line.max_staleness, absl::Minutes(1));
  EXPECT_EQ(line.rules.min_f1, 0.9);
  EXPECT_EQ(line.rules.min_precision, 0.8);
  EXPECT_EQ(line.rules.min_recall, 0.7);
  EXPECT_EQ(line.rules.max_failures, 0);
  EXPECT_TRUE(line.rules.allow_partial);
}

TEST_F(CommandLineTest, TheVariableNamesTheGatewayAndTheOptionWins) {
  setenv("RUNCAST_GATEWAY", "variable:1", 1);

  EXPECT_THAT(Parse({"get", "s", "t", "r"}).command->client.targets, ElementsAre("variable:1"));
  EXPECT_THAT(Parse({"get", "s", "t", "r", "--gateway", "option:2"}).command->client.targets,
              ElementsAre("option:2"));
}

TEST_F(CommandLineTest, SeveralGatewaysComeWithCommasOrOneByOne) {
  const auto parsed = Parse({"get", "s", "t", "r", "--gateway", "a:1,b:2", "--gateway", "c:3"});

  ASSERT_TRUE(parsed.command) << parsed.err;
  EXPECT_THAT(parsed.command->client.targets, ElementsAre("a:1", "b:2", "c:3"));
}

TEST_F(CommandLineTest, AnIdThatLooksLikeAnOptionFollowsTwoDashes) {
  const auto parsed = Parse({"get", "--json", "--", "s", "t", "-r"});

  ASSERT_TRUE(parsed.command) << parsed.err;
  EXPECT_EQ(parsed.command->run.run_id(), "-r");
}

struct BadLine {
  std::vector<const char*> arguments;
  const char* says;
};

class BadCommandLineTest : public CommandLineTest, public ::testing::WithParamInterface<BadLine> {};

TEST_P(BadCommandLineTest, IsRefusedWithWordsThatSayWhy) {
  const auto parsed = Parse(GetParam().arguments);

  EXPECT_FALSE(parsed.command);
  EXPECT_EQ(parsed.code, ExitCode::kUsage);
  EXPECT_THAT(parsed.err, HasSubstr(GetParam().says));
  EXPECT_EQ(parsed.out, "");
}

INSTANTIATE_TEST_SUITE_P(
    Lines, BadCommandLineTest,
    ::testing::Values(
        BadLine{{}, "A subcommand is required"},
        BadLine{{"fetch", "s", "t", "r"}, "`fetch` is no command; use get, watch or doctor"},
        BadLine{{"get", "s", "t"}, "RUN is required"}, BadLine{{"completion"}, "SHELL is required"},
        BadLine{{"completion", "powershell"}, "powershell"},
        BadLine{{"get", "s", "t", ""}, "RUN must not be empty"},
        BadLine{{"get", "s", "", "r"}, "SUITE must not be empty"},
        BadLine{{"get", "s", "t", "r", "more"}, "more"},
        BadLine{{"get", "s", "t", "r", "--gateway", "host"}, "write host:8443"},
        BadLine{{"get", "s", "t", "r", "--gateway", ""}, "--gateway"},
        BadLine{{"get", "s", "t", "r", "--min-f1", "90"}, "not a score from 0 to 1"},
        BadLine{{"get", "s", "t", "r", "--min-f1", "nan"}, "not a score from 0 to 1"},
        BadLine{{"get", "s", "t", "r", "--max-failures", "-1"}, "--max-failures"},
        BadLine{{"get", "s", "t", "r", "--max-failures", "some"}, "--max-failures"},
        BadLine{{"get", "s", "t", "r", "--timeout", "soon"}, "`soon` is not a time"},
        BadLine{{"get", "s", "t", "r", "--timeout", "-5s"}, "is not a time"},
        BadLine{{"get", "s", "t", "r", "--timeout", "0"}, "must be above zero"},
        BadLine{{"get", "s", "t", "r", "--max-staleness", "2h"}, "at most 1h"},
        BadLine{{"watch", "s", "t", "r", "--max-staleness", "1s"}, "--max-staleness"}));

TEST_F(CommandLineTest, HelpListsTheExitCodesAndGoesToStdout) {
  for (const auto& arguments :
       {std::vector<const char*>{"--help"}, {"get", "--help"}, {"watch", "--help"}}) {
    const auto parsed = Parse(arguments);

    EXPECT_FALSE(parsed.command);
    EXPECT_EQ(parsed.code, ExitCode::kGood);
    EXPECT_THAT(parsed.out, HasSubstr(kExitCodeHelp));
    EXPECT_EQ(parsed.err, "");
  }
}

TEST_F(CommandLineTest, CompletionIsPrintedForTheShellsItKnows) {
  for (const char* shell : {"bash", "fish", "zsh"}) {
    const auto parsed = Parse({"completion", shell});

    EXPECT_FALSE(parsed.command);
    EXPECT_EQ(parsed.code, ExitCode::kGood) << parsed.err;
    EXPECT_THAT(parsed.out, HasSubstr(shell));
    EXPECT_THAT(parsed.out, HasSubstr("max-failures"));
  }
}

TEST_F(CommandLineTest, TheManualPageIsPrintedWithoutAnyArgument) {
  const auto parsed = Parse({"manual"});

  EXPECT_EQ(parsed.code, ExitCode::kGood) << parsed.err;
  EXPECT_THAT(parsed.out, HasSubstr(".TH RUNCAST 1"));
}

TEST_F(CommandLineTest, VersionNamesTheLibrariesToo) {
  const auto parsed = Parse({"--version"});

  EXPECT_EQ(parsed.code, ExitCode::kGood);
  EXPECT_THAT(parsed.out, HasSubstr("runcast "));
  EXPECT_THAT(parsed.out, HasSubstr("gRPC "));
  EXPECT_THAT(parsed.out, HasSubstr("protobuf "));
}

TEST(ParseTimeTest, ReadsUnitsAndBareSeconds) {
  EXPECT_EQ(ParseTime("250ms"), absl::Milliseconds(250));
  EXPECT_EQ(ParseTime("1h30m"), absl::Minutes(90));
  EXPECT_EQ(ParseTime("2.5"), absl::Milliseconds(2500));
  EXPECT_EQ(ParseTime("0"), absl::ZeroDuration());
}

TEST(ParseTimeTest, RefusesAllElse) {
  for (const char* text : {"", "x", "-1", "-1s", "5 parsecs", "inf", "1e300", "nan"}) {
    EXPECT_EQ(ParseTime(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace runcast::cli
