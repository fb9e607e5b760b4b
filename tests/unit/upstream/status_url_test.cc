#include "gateway/upstream/status_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "absl/strings/string_view.h"

namespace runcast::upstream {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

UrlShape Shape() { return {.base_url = "https://platform.example"}; }

TEST(StatusUrlTest, NamesStreamSuiteAndRun) {
  EXPECT_EQ(StatusUrl(Shape(), {"st-1", "Developer defined utterances", "tr-17", ""}),
            "https://platform.example/api/public/stream/st-1/testsuite/"
            "Developer%20defined%20utterances/tr-17/status");
}

TEST(StatusUrlTest, TheAppCanBeSpelledBot) {
  UrlShape shape = Shape();
  shape.resource = UrlShape::Resource::kBot;

  EXPECT_EQ(StatusUrl(shape, {"st-1", "smoke", "tr-17", ""}),
            "https://platform.example/api/public/bot/st-1/testsuite/smoke/tr-17/status");
}

TEST(StatusUrlTest, ThePrefixIsConfigurable) {
  UrlShape shape = Shape();
  shape.path_prefix = "/api/1.1/public";

  EXPECT_THAT(StatusUrl(shape, {"st-1", "smoke", "tr-17", ""}),
              StartsWith("https://platform.example/api/1.1/public/stream/"));
}

TEST(StatusUrlTest, SlashesAroundBaseAndPrefixDoNotMatter) {
  for (const char* base : {"https://platform.example", "https://platform.example/"}) {
    for (const char* prefix : {"api/public", "/api/public", "/api/public/"}) {
      EXPECT_THAT(StatusUrl({.base_url = base, .path_prefix = prefix}, {"s", "t", "r", ""}),
                  StartsWith("https://platform.example/api/public/stream/s/"));
    }
  }
  EXPECT_THAT(
      StatusUrl({.base_url = "https://platform.example", .path_prefix = "/"}, {"s", "t", "r", ""}),
      StartsWith("https://platform.example/stream/s/"));
}

TEST(StatusUrlTest, TheLanguageIsNoPartOfIt) {
  EXPECT_EQ(StatusUrl(Shape(), {"s", "t", "r", "de"}), StatusUrl(Shape(), {"s", "t", "r", ""}));
}

TEST(StatusUrlTest, NoPartCanLeaveItsSegment) {
  for (const char* part : {"..", ".", "a/b", "../..", "a?b", "a#b", "a%2Fb", "a\\b", "a;b"}) {
    const std::string url = StatusUrl(Shape(), {part, part, part, ""});

    // https: + empty + host + api + public + stream + id + testsuite + name + run + status
    EXPECT_EQ(std::count(url.begin(), url.end(), '/'), 10) << url;
    EXPECT_THAT(url, Not(HasSubstr("?")));
    EXPECT_THAT(url, Not(HasSubstr("#")));
    EXPECT_THAT(url, Not(HasSubstr("/../")));
    EXPECT_THAT(url, Not(HasSubstr("/./")));
  }
}

TEST(EncodeSegmentTest, UnreservedCharactersStay) {
  const std::string unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

  EXPECT_EQ(EncodeSegment(unreserved), unreserved);
}

TEST(EncodeSegmentTest, EveryOtherByteIsEncoded) {
  const std::string unreserved =
      EncodeSegment("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (unreserved.find(c) != std::string::npos) continue;
    char expected[4];
    std::snprintf(expected, sizeof(expected), "%%%02X", byte);
    EXPECT_EQ(EncodeSegment(absl::string_view(&c, 1)), expected);
  }
}

struct EncodeCase {
  const char* text;
  const char* encoded;
};
class EncodeSegmentCases : public ::testing::TestWithParam<EncodeCase> {};

TEST_P(EncodeSegmentCases, AreEncoded) {
  EXPECT_EQ(EncodeSegment(GetParam().text), GetParam().encoded);
}

INSTANTIATE_TEST_SUITE_P(All, EncodeSegmentCases,
                         ::testing::Values(EncodeCase{"/", "%2F"}, EncodeCase{"%2F", "%252F"},
                                           EncodeCase{"%", "%25"}, EncodeCase{" ", "%20"},
                                           EncodeCase{"  a ", "%20%20a%20"}, EncodeCase{"+", "%2B"},
                                           EncodeCase{".", "%2E"}, EncodeCase{"..", "%2E%2E"},
                                           EncodeCase{"...", "..."}, EncodeCase{"a..b", "a..b"},
                                           EncodeCase{"Prüfung", "Pr%C3%BCfung"},
                                           EncodeCase{"測試", "%E6%B8%AC%E8%A9%A6"},
                                           EncodeCase{"🙂", "%F0%9F%99%82"},
                                           EncodeCase{"\r\n", "%0D%0A"}, EncodeCase{"", ""}));

TEST(EncodeSegmentTest, TenKilobytesAreEncodedInFull) {
  const std::string text(10'240, '/');

  const std::string encoded = EncodeSegment(text);

  EXPECT_EQ(encoded.size(), 3 * text.size());
  EXPECT_THAT(encoded, Not(HasSubstr("/")));
}

}  // namespace
}  // namespace runcast::upstream
