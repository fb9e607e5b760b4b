#include "gateway/access/text_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace runcast::access {
namespace {

struct MatchCase {
  absl::string_view pattern;
  absl::string_view value;
  bool matches;
};

class TextPatternMatchTest : public testing::TestWithParam<MatchCase> {};

TEST_P(TextPatternMatchTest, ComparesBytesAndNothingElse) {
  const absl::StatusOr<TextPattern> pattern = TextPattern::Parse(GetParam().pattern);
  ASSERT_TRUE(pattern.ok()) << pattern.status();

  EXPECT_EQ(pattern->Matches(GetParam().value), GetParam().matches)
      << '"' << GetParam().pattern << "\" on \"" << GetParam().value << '"';
}

INSTANTIATE_TEST_SUITE_P(Exact, TextPatternMatchTest,
                         testing::Values(MatchCase{"abc", "abc", true},
                                         MatchCase{"abc", "abcd", false},
                                         MatchCase{"abc", "xabc", false},
                                         MatchCase{"abc", "ab", false}, MatchCase{"abc", "", false},
                                         MatchCase{"", "", true}, MatchCase{"", "a", false}));
INSTANTIATE_TEST_SUITE_P(
    Prefix, TextPatternMatchTest,
    testing::Values(MatchCase{"abc*", "abc", true}, MatchCase{"abc*", "abcd", true},
                    MatchCase{"abc*", "abc*", true}, MatchCase{"abc*", "xabc", false},
                    MatchCase{"abc*", "ab", false}, MatchCase{"abc*", "", false}));
INSTANTIATE_TEST_SUITE_P(Suffix, TextPatternMatchTest,
                         testing::Values(MatchCase{"*abc", "abc", true},
                                         MatchCase{"*abc", "xabc", true},
                                         MatchCase{"*abc", "abcd", false},
                                         MatchCase{"*abc", "bc", false},
                                         MatchCase{"*abc", "", false}));
INSTANTIATE_TEST_SUITE_P(Presence, TextPatternMatchTest,
                         testing::Values(MatchCase{"*", "a", true}, MatchCase{"*", "*", true},
                                         MatchCase{"*", " ", true}, MatchCase{"*", "", false}));
INSTANTIATE_TEST_SUITE_P(Bypass, TextPatternMatchTest,
                         testing::Values(
                             // Case.
                             MatchCase{"/pkg.Service/Get", "/pkg.service/get", false},
                             MatchCase{"spiffe://td/admin", "SPIFFE://TD/ADMIN", false},
                             MatchCase{"st-admin*", "ST-ADMIN-1", false},
                             // Encoding, in either direction.
                             MatchCase{"/pkg.Service/Get", "/pkg.Service%2FGet", false},
                             MatchCase{"/pkg.Service/Get", "/pkg.Service/%47et", false},
                             MatchCase{"a%20b", "a b", false}, MatchCase{"a b", "a+b", false},
                             // Slashes and dots.
                             MatchCase{"/pkg.Service/Get", "/pkg.Service/Get/", false},
                             MatchCase{"/pkg.Service/Get", "//pkg.Service/Get", false},
                             MatchCase{"/pkg.Service/Get", "/x/../pkg.Service/Get", false},
                             MatchCase{"spiffe://td/ns/a/*", "spiffe://td/ns/a", false},
                             // Blanks and invisible bytes.
                             MatchCase{"st-1", "st-1 ", false}, MatchCase{"st-1", " st-1", false},
                             MatchCase{"st-1", absl::string_view("st-1\0", 5), false},
                             MatchCase{"st-1", absl::string_view("st-1\0st-2", 9), false},
                             MatchCase{"st-1", "st-1\xE2\x80\x8B", false},
                             // One letter in two normal forms of Unicode.
                             MatchCase{"caf\xC3\xA9", "cafe\xCC\x81", false}));

class TextPatternRefusalTest : public testing::TestWithParam<absl::string_view> {};

TEST_P(TextPatternRefusalTest, RefusesStarsThatWouldNotMeanWhatTheySeemTo) {
  EXPECT_EQ(TextPattern::Parse(GetParam()).status().code(), absl::StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(Stars, TextPatternRefusalTest,
                         testing::Values("a*b", "*a*", "**", "***", "a**", "**a", "*a*b", "a*b*"));

TEST(TextPatternTest, AnyOfNoPatternsMatchesNothing) {
  EXPECT_FALSE(AnyMatches({}, "a"));
  EXPECT_FALSE(AnyMatches({}, ""));
}

TEST(TextPatternTest, OneOfSeveralIsEnough) {
  const std::vector<TextPattern> patterns = {*TextPattern::Parse("a"), *TextPattern::Parse("b*")};

  EXPECT_TRUE(AnyMatches(patterns, "a"));
  EXPECT_TRUE(AnyMatches(patterns, "bc"));
  EXPECT_FALSE(AnyMatches(patterns, "c"));
}

}  // namespace
}  // namespace runcast::access
