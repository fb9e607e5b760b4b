#include "gateway/config/load_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iterator>

#include "absl/strings/str_split.h"
#include "gateway/config/config_field.h"
#include "gateway/config/duration_text.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/unit/config/loaded_config.h"

namespace runcast::config {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(LoadConfigTest, AGoodFileRunsWithItsValuesAndTheDefaultsOfTheRest) {
  const LoadResult result = Load(GoodFile(R"("polling": {"linger": "1h"})"));

  EXPECT_THAT(result.faults, IsEmpty());
  ASSERT_TRUE(result.run);
  EXPECT_EQ(FromProto(result.config.polling().linger()), absl::Hours(1));
  EXPECT_EQ(FromProto(result.config.polling().base_interval()), absl::Milliseconds(2100));
  EXPECT_EQ(result.config.server().listen(), "127.0.0.1:8443");
  EXPECT_EQ(result.config.log().level(), v1::LogConfig::LEVEL_INFO);
  EXPECT_EQ(result.config.polling().max_kept_bytes(), 67108864u);
}

TEST_F(LoadConfigTest, ElementsOfListsHaveTheDefaultsOfTheirFields) {
  const v1::CredentialConfig credential = Load(GoodFile()).config.credentials(0);

  EXPECT_EQ(credential.algorithm(), v1::CredentialConfig::ALGORITHM_HS256);
  EXPECT_EQ(credential.subject(), "runcast");
  EXPECT_EQ(FromProto(credential.lifetime()), absl::Minutes(5));
  EXPECT_EQ(credential.jwe_encryption(), "A256GCM");
}

TEST_F(LoadConfigTest, FlagBeatsVariableBeatsFileBeatsDefault) {
  const std::string file = GoodFile(R"("polling": {"linger": "1s"})");
  const Environment variable = {{"RUNCAST_POLLING_LINGER", "2s"}};
  const auto linger = [](const LoadResult& result) {
    return DurationText(FromProto(result.config.polling().linger()));
  };

  EXPECT_EQ(linger(Load(GoodFile())), "30s");
  EXPECT_EQ(linger(Load(file)), "1s");
  EXPECT_EQ(linger(Load(file, {}, variable)), "2s");
  EXPECT_EQ(linger(Load(file, {"--polling-linger=3s"}, variable)), "3s");
  EXPECT_EQ(linger(Load(file, {"--polling-linger", "3s"}, variable)), "3s");
}

TEST_F(LoadConfigTest, AFlagCanSetBackWhatTheFileSwitchedOn) {
  const std::string file = GoodFile(R"("server": {"reflection": true})");

  EXPECT_TRUE(Load(file).config.server().reflection());
  EXPECT_FALSE(Load(file, {"--server-reflection=false"}).config.server().reflection());
  EXPECT_FALSE(Load(file, {}, {{"RUNCAST_SERVER_REFLECTION", "off"}}).config.server().reflection());
  EXPECT_TRUE(Load(GoodFile(), {"--server-reflection"}).config.server().reflection());
}

TEST_F(LoadConfigTest, AnEmptyFlagOrVariableIsAnEmptyValue) {
  EXPECT_EQ(Load(GoodFile(), {"--admin-listen=", "--server-reflection"}).config.admin().listen(),
            "");
  EXPECT_EQ(Load(GoodFile(), {}, {{"RUNCAST_ADMIN_LISTEN", ""}}).config.admin().listen(), "");
}

TEST_F(LoadConfigTest, TheFileIsNamedByFlagOrElseByVariable) {
  const std::string one = WriteFile("one", GoodFile(R"("log": {"level": "debug"})"));
  const std::string two = WriteFile("two", GoodFile(R"("log": {"level": "error"})"));
  const Environment variable = {{"RUNCAST_CONFIG", two}};

  EXPECT_EQ(LoadArguments({}, variable).config.log().level(), v1::LogConfig::LEVEL_ERROR);
  EXPECT_EQ(LoadArguments({"--config", one}, variable).config.log().level(),
            v1::LogConfig::LEVEL_DEBUG);
}

TEST_F(LoadConfigTest, WordsAreReadInAnyCaseShortOrFull) {
  for (const char* word : {"HS512", "hs512", "ALGORITHM_HS512", "algorithm_hs512"}) {
    const LoadResult result = Load(WithCredential(
        absl::StrCat("\"secret_file\": \"", Path("secret"), "\", \"jwe_algorithm\": \"rsa1_5\", ",
                     "\"algorithm\": \"", word, "\"")));
    EXPECT_EQ(result.config.credentials(0).algorithm(), v1::CredentialConfig::ALGORITHM_HS512)
        << word;
    EXPECT_EQ(result.config.credentials(0).jwe_algorithm(), "RSA1_5");
  }
}

TEST_F(LoadConfigTest, TheExampleOfTheReadmeIsGood) {
  std::ifstream file(RUNCAST_CONFIG_README);
  const std::string readme(std::istreambuf_iterator<char>(file), {});
  const size_t begin = readme.find("```json\n");
  ASSERT_NE(begin, std::string::npos);
  const std::string example = readme.substr(begin + 8, readme.find("\n```", begin) - begin - 8);
  WriteFile("billing-secret", "secret");
  WriteFile("default-secret", "secret");

  const LoadResult result =
      Load(absl::StrReplaceAll(example, {{"/etc/runcast", directory_}}), {"--check-config"});

  EXPECT_THAT(result.faults, IsEmpty());
  EXPECT_EQ(result.output, "configuration is good\n");
}

TEST_F(LoadConfigTest, SecretsMayComeFromAVariable) {
  EXPECT_TRUE(
      Load(WithCredential(R"("secret_env": "KORE_SECRET")"), {}, {{"KORE_SECRET", "x"}}).run);
}

TEST_F(LoadConfigTest, WhatNeedsASwitchIsGoodWithTheSwitch) {
  EXPECT_TRUE(
      Load(GoodFile(), {"--upstream-base-url=http://127.0.0.1:1", "--upstream-allow-http"}).run);
  EXPECT_TRUE(Load(GoodFile(), {"--server-listen=[::]:1", "--server-allow-plaintext"}).run);
  EXPECT_TRUE(Load(GoodFile(R"("access": {"require_identity": true, "trusted_header":
                                "forwarded_client_cert", "trusted_proxies": ["10.0.0.0/8", "::1"]})"))
                  .run);
}

TEST_F(LoadConfigTest, WithJtiTokensAreNotRenewedSoTheSlackDoesNotMatter) {
  EXPECT_TRUE(Load(WithCredential(absl::StrCat("\"secret_file\": \"", Path("secret"),
                                               "\", \"lifetime\": \"1m\", \"use_jti\": true")))
                  .run);
}

TEST_F(LoadConfigTest, CheckConfigSaysGoodOrEveryFault) {
  const LoadResult good = Load(GoodFile(), {"--check-config"});
  const LoadResult bad = Load("{}", {"--check-config"});

  EXPECT_FALSE(good.run);
  EXPECT_EQ(good.exit_code, 0);
  EXPECT_EQ(good.output, "configuration is good\n");
  EXPECT_FALSE(bad.run);
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_EQ(bad.output, "");
  EXPECT_EQ(bad.faults.size(), 2u);
}

TEST_F(LoadConfigTest, APrintedConfigurationLoadsAgainAsTheSame) {
  const std::string file = GoodFile(
      R"("polling": {"linger": "90s", "min_gap": "1500us"}, "log": {"level": "debug"},
         "server": {"reflection": true}, "streams": {"max_age": "23h59m59.5s"})");

  const LoadResult printed = Load(file, {"--print-config", "--drain-delay=1s"});
  EXPECT_THAT(printed.faults, IsEmpty());
  const LoadResult again = Load(printed.output);

  EXPECT_THAT(again.faults, IsEmpty());
  EXPECT_TRUE(MessageDifferencer::Equals(again.config, printed.config))
      << again.config.DebugString();
  EXPECT_EQ(Load(printed.output, {"--print-config"}).output, printed.output);
}

TEST_F(LoadConfigTest, APrintedConfigurationIsForPeople) {
  const std::string printed = Load(GoodFile(), {"--print-config"}).output;

  EXPECT_THAT(printed, HasSubstr("\"linger\": \"30s\""));
  EXPECT_THAT(printed, HasSubstr("\"base_interval\": \"2.1s\""));
  EXPECT_THAT(printed, HasSubstr("\"algorithm\": \"HS256\""));
  EXPECT_THAT(printed, HasSubstr("\"per_minute\": 60"));
  EXPECT_EQ(printed.find("0123456789abcdef"), std::string::npos);
}

TEST_F(LoadConfigTest, HelpTellsEveryFieldWithFlagVariablePathDefaultAndRange) {
  const LoadResult result = LoadArguments({"--nonsense", "--help"});

  EXPECT_FALSE(result.run);
  EXPECT_EQ(result.exit_code, 0);
  for (const ScalarField& scalar : ScalarFields()) {
    EXPECT_THAT(result.output, HasSubstr(absl::StrCat("\n  ", scalar.flag())));
    EXPECT_THAT(result.output, HasSubstr(scalar.variable()));
    EXPECT_THAT(result.output, HasSubstr(absl::StrCat("[", scalar.path())));
  }
  EXPECT_THAT(result.output, HasSubstr("(default 30s; from 0s to 1h)"));
  EXPECT_THAT(result.output, HasSubstr("credentials: a list of objects, in the file only"));
  EXPECT_THAT(result.output, HasSubstr("\n  client_id\n"));
  EXPECT_THAT(result.output, HasSubstr("examples:"));
  for (const absl::string_view line : absl::StrSplit(result.output, '\n')) {
    EXPECT_LE(line.size(), 100u + 2) << line;  // `…` has three bytes and one column.
  }
}

TEST_F(LoadConfigTest, VersionIsTheTextThatWasGiven) {
  const LoadResult result = LoadArguments({"--version"});

  EXPECT_EQ(result.output, "runcast 1.2.3\n");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_FALSE(result.run);
}

TEST_F(LoadConfigTest, AFlagThatLacksItsValueOrComesTwiceIsAFault) {
  EXPECT_THAT(Load(GoodFile(), {"--polling-linger"}).faults,
              ElementsAre("flag --polling-linger: needs a value"));
  EXPECT_THAT(Load(GoodFile(), {"--polling-linger", "--log-level", "--drain-delay", "soon"}).faults,
              ElementsAre("flag --polling-linger: needs a value", "flag --log-level: needs a value",
                          HasSubstr("flag --drain-delay: must be a duration")));
  EXPECT_THAT(Load(GoodFile(), {"--polling-linger=1s", "--polling-linger=2s"}).faults,
              ElementsAre("flag --polling-linger: given more than once"));
  EXPECT_THAT(Load(GoodFile(), {"--config=x"}).faults,
              testing::Contains("flag --config: given more than once"));
}

TEST_F(LoadConfigTest, MisspeltVariablesAreWarnedOfAndOthersLeftAlone) {
  const LoadResult result = Load(WithCredential(R"("secret_env": "RUNCAST_SECRET")"), {},
                                 {{"RUNCAST_POLLING_LINGR", "1s"},
                                  {"RUNCAST_GATEWAY", "localhost:8443"},
                                  {"RUNCAST_SECRET", "x"},
                                  {"RUNCAST_SERVICE_HOST", "10.0.0.1"},
                                  {"RUNCAST_PORT_8443_TCP_ADDR", "10.0.0.1"},
                                  {"HOME", "/"}});

  EXPECT_TRUE(result.run);
  EXPECT_THAT(result.warnings,
              ElementsAre("variable RUNCAST_POLLING_LINGR: unknown and without effect; did you "
                          "mean RUNCAST_POLLING_LINGER?"));
}

TEST_F(LoadConfigTest, AHardDeadlineThatMayCutTheLastStreamsIsWarnedOf) {
  const LoadResult result = Load(GoodFile(R"("drain": {"hard_deadline": "15s"})"));

  EXPECT_TRUE(result.run);
  EXPECT_THAT(result.warnings,
              ElementsAre("drain.hard_deadline: may cut streams before they are told why; 23s are "
                          "enough for drain.delay, drain.spread and what follows them"));
  EXPECT_THAT(Load(GoodFile(R"("drain": {"hard_deadline": "23s"})")).warnings, IsEmpty());
  EXPECT_THAT(Load(GoodFile()).warnings, IsEmpty());
}

TEST_F(LoadConfigTest, TheProcessEnvironmentIsReadAsItIs) {
  ::setenv("RUNCAST_TEST_VARIABLE", "a=b", 1);

  EXPECT_EQ(ProcessEnvironment().at("RUNCAST_TEST_VARIABLE"), "a=b");
  ::unsetenv("RUNCAST_TEST_VARIABLE");
}

}  // namespace
}  // namespace runcast::config
