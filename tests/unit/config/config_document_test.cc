#include "gateway/config/config_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runcast::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ConfigDocumentTest, CommentsAreSkipped) {
  const ConfigDocument document = ParseConfigDocument("// a\n{ /* b */ \"x\": 1 } // c");

  ASSERT_TRUE(document.root.has_value()) << document.syntax_fault;
  EXPECT_EQ((*document.root)["x"], 1);
}

TEST(ConfigDocumentTest, EveryKindOfValueIsBuilt) {
  const ConfigDocument document =
      ParseConfigDocument(R"({"a": [1, -2, 2.5, "s", true, null, {"b": []}], "c": {}})");

  ASSERT_TRUE(document.root.has_value()) << document.syntax_fault;
  EXPECT_EQ(document.root->dump(), R"({"a":[1,-2,2.5,"s",true,null,{"b":[]}],"c":{}})");
}

TEST(ConfigDocumentTest, KeysThatComeTwiceAreToldByTheirPaths) {
  const ConfigDocument document =
      ParseConfigDocument(R"({"a": {"b": 1, "b": 2}, "l": [{"x": 1}, {"x": 1, "x": 1}], "a": 3})");

  ASSERT_TRUE(document.root.has_value());
  EXPECT_THAT(document.duplicate_paths, ElementsAre("a.b", "l[1].x", "a"));
}

TEST(ConfigDocumentTest, EqualKeysOfDifferentObjectsAreNoDuplicates) {
  EXPECT_THAT(ParseConfigDocument(R"({"a": {"x": 1}, "b": {"x": 1}})").duplicate_paths, IsEmpty());
}

TEST(ConfigDocumentTest, ASyntaxFaultNamesLineAndColumn) {
  const ConfigDocument document = ParseConfigDocument("{\n  \"a\": 1,\n}");

  EXPECT_FALSE(document.root.has_value());
  EXPECT_THAT(document.syntax_fault, HasSubstr("no good JSON: line 3, column 1"));
}

TEST(ConfigDocumentTest, WhatIsNoJsonIsRefused) {
  for (const char* text : {"", " ", "{", "{} x", "{'a': 1}", "{\"a\": 01}", "{\"a\": \"\xff\"}",
                           "{\"a\": 1e999}", "{\"a\": NaN}", "key: yaml"}) {
    const ConfigDocument document = ParseConfigDocument(text);
    EXPECT_FALSE(document.root.has_value()) << text;
    EXPECT_FALSE(document.syntax_fault.empty()) << text;
  }
}

TEST(ConfigDocumentTest, EndlessNestingIsRefused) {
  const ConfigDocument document = ParseConfigDocument(std::string(1'000'000, '['));

  EXPECT_FALSE(document.root.has_value());
  EXPECT_EQ(document.syntax_fault, "nested deeper than 32 levels");
}

}  // namespace
}  // namespace runcast::config
