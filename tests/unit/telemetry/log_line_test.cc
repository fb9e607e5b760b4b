#include "gateway/telemetry/log_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace runcast::telemetry {
namespace {

const absl::Time kTime = absl::FromUnixMillis(1'700'000'000'123);

TEST(LogLineTest, JsonLineHasTimeSeverityEventMessageAndFieldsInThisOrder) {
  const std::vector<LogField> fields = {{"credential", "main"}, {"size", 5}, {"good", true}};

  EXPECT_EQ(JsonLogLine(kTime, Severity::kInfo, "credential.reloaded", "read again", fields),
            R"({"time":"2023-11-14T22:13:20.123Z","severity":"INFO","event":"credential.reloaded",)"
            R"("message":"read again","credential":"main","size":5,"good":true})");
}

TEST(LogLineTest, JsonEscapesEveryByteThatJsonForbids) {
  std::string every_byte;
  for (int c = 0; c < 256; ++c) every_byte.push_back(static_cast<char>(c));

  const std::string line = JsonLogLine(kTime, Severity::kError, "a\"b", every_byte,
                                       std::vector<LogField>{{"x\n", "\\"}});

  EXPECT_EQ(line.find('\n'), std::string::npos);
  const nlohmann::json parsed = nlohmann::json::parse(line);
  EXPECT_EQ(parsed["event"], "a\"b");
  EXPECT_EQ(parsed["x\n"], "\\");
  const std::string message = parsed["message"];
  EXPECT_EQ(message.substr(0, 128), every_byte.substr(0, 128));
  EXPECT_THAT(message, testing::HasSubstr("\xEF\xBF\xBD"));
}

TEST(LogLineTest, TextLineIsForPeople) {
  const std::vector<LogField> fields = {{"file", "a b"}, {"size", 5}, {"empty", ""}};

  EXPECT_EQ(TextLogLine(kTime, Severity::kWarning, "policy.kept", "the old \"one\" stays", fields),
            "2023-11-14T22:13:20.123Z WARNING policy.kept: the old \"one\" stays "
            "file=\"a b\" size=5 empty=\"\"");
}

TEST(LogLineTest, TextValuesCannotStartALineOrMoveTheCursor) {
  const std::string line = TextLogLine(kTime, Severity::kInfo, "e", "m\n\x1b[2J",
                                       std::vector<LogField>{{"v", "x\r\n\x1b[2J"}});

  EXPECT_THAT(line, testing::Not(testing::ContainsRegex("[[:cntrl:]]")));
}

TEST(LogLineTest, TextOfAConstantPointerIsTextAndNotATruthValue) {
  const char* text = "pointer";

  EXPECT_EQ(LogField("a", text).value, "pointer");
  EXPECT_FALSE(LogField("a", text).is_bare);
  EXPECT_EQ(LogField("a", uint64_t{18446744073709551615u}).value, "18446744073709551615");
}

}  // namespace
}  // namespace runcast::telemetry
