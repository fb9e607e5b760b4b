#include "gateway/access/strict_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nlohmann/json.hpp"

namespace runcast::access {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(StrictJsonTest, ReadsADocumentWithComments) {
  nlohmann::json root;

  const JsonDocument document = ParseStrictJson("{\"a\": [1, 2] // why\n}", root);

  EXPECT_THAT(document.syntax_error, IsEmpty());
  EXPECT_THAT(document.duplicate_keys, IsEmpty());
  EXPECT_EQ(root["a"][1], 2);
}

TEST(StrictJsonTest, FindsEveryDuplicateKeyWithItsPath) {
  nlohmann::json root;

  const JsonDocument document = ParseStrictJson(
      R"({"a": 1, "b": [{"c": 1}, 7, [], {"c": 1, "d": {"e": 1, "e": 2}, "c": 2}], "a": 2, "a": 3})",
      root);

  EXPECT_THAT(document.duplicate_keys, ElementsAre("b[3].d.e", "b[3].c", "a", "a"));
}

TEST(StrictJsonTest, EqualKeysOfDifferentObjectsAreFine) {
  nlohmann::json root;

  EXPECT_THAT(
      ParseStrictJson(R"({"a": {"a": {"a": 1}}, "b": [{"a": 1}, {"a": 1}]})", root).duplicate_keys,
      IsEmpty());
}

TEST(StrictJsonTest, DuplicatesAreFoundBehindEscapes) {
  nlohmann::json root;

  EXPECT_THAT(ParseStrictJson(R"({"name": 1, "n\u0061me": 2})", root).duplicate_keys,
              ElementsAre("name"));
}

class StrictJsonSyntaxTest : public testing::TestWithParam<absl::string_view> {};

TEST_P(StrictJsonSyntaxTest, RefusesWhatIsNotJson) {
  nlohmann::json root;

  const JsonDocument document = ParseStrictJson(GetParam(), root);

  EXPECT_THAT(document.syntax_error, Not(IsEmpty()));
  EXPECT_THAT(document.syntax_error, Not(HasSubstr("json.exception")));
}

INSTANTIATE_TEST_SUITE_P(Texts, StrictJsonSyntaxTest,
                         testing::Values("", " ", "{", "{}}", "{} {}", "{\"a\": 1,}", "{'a': 1}",
                                         "{\"a\": \"\xFF\"}", "{\"a\": NaN}", "{\"a\": 1e999}",
                                         absl::string_view("{}\0", 3),
                                         absl::string_view("{}\0{}", 5), "/* open"));

TEST(StrictJsonTest, SyntaxErrorsSayWhere) {
  nlohmann::json root;

  EXPECT_THAT(ParseStrictJson("{\n  \"a\": x\n}", root).syntax_error,
              HasSubstr("line 2, column 8"));
}

TEST(StrictJsonTest, DeepNestingIsRefusedWithoutBeingBuilt) {
  nlohmann::json root;

  EXPECT_THAT(ParseStrictJson(std::string(1'000'000, '['), root).syntax_error,
              HasSubstr("nested deeper"));
  EXPECT_THAT(ParseStrictJson(std::string(32, '[') + std::string(32, ']'), root).syntax_error,
              IsEmpty());
}

TEST(StrictJsonTest, KeysInPathsAreEscapedAndShortened) {
  EXPECT_EQ(MemberPath("a", "b\n\x1b[31m"), "a.b\\n\\x1b[31m");
  EXPECT_EQ(MemberPath("", "b"), "b");
  EXPECT_LT(MemberPath("a", std::string(10'000, 'k')).size(), 100u);
}

}  // namespace
}  // namespace runcast::access
