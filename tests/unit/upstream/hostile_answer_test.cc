// Answers that somebody made up to do harm, or that a broken proxy left over.

#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "gateway/upstream/status_decoder.h"
#include "tests/unit/upstream/status_answers.h"

namespace runcast::upstream {
namespace {

std::string Repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(HostileAnswerTest, WhatIsNotJsonIsNotBelieved) {
  EXPECT_EQ(Fault(""), "is empty");
  for (const char* body :
       {" ", "<html></html>", "running", "{", "}", R"({"status": "running")",
        R"({"status": "running"} trailing)", R"({"status": 'running'})", R"({status: "running"})",
        R"({"status": "running",})", R"(/* c */ {"status": "running"})", R"({"percentage": NaN})",
        R"({"status": "\ud800"})"}) {
    EXPECT_EQ(Fault(body), "is not JSON") << body;
  }
}

TEST(HostileAnswerTest, EveryBeginningOfAGoodAnswerIsNotBelieved) {
  const std::string good = kCompletedDocument;
  for (size_t length = 1; length < good.size(); ++length) {
    ASSERT_EQ(Fault(good.substr(0, length), SampleKey()), "is not JSON") << length;
  }
  EXPECT_EQ(Fault(good, SampleKey()), "believed");
}

TEST(HostileAnswerTest, JsonOfAnotherShapeIsNotBelieved) {
  for (const char* body : {"[]", R"(["status"])", "null", "true", "17", R"("running")"}) {
    EXPECT_EQ(Fault(body), "is not a JSON object") << body;
  }
}

TEST(HostileAnswerTest, AnObjectThatSaysNothingOfARunIsNotBelieved) {
  for (const char* body : {"{}", R"({"message": "Unauthorized"})", R"({"status": null})",
                           R"({"status": [], "percentage": "x", "result": 5})"}) {
    EXPECT_EQ(Fault(body), "has no member of a status") << body;
  }
}

TEST(HostileAnswerTest, BytesThatAreNoUtf8AreNotBelieved) {
  EXPECT_EQ(Fault("{\"status\": \"run\xFFning\"}"), "is not JSON");
  EXPECT_EQ(Fault("{\"status\": \"running\", \"\xC0\x80\": 1}"), "is not JSON");
  EXPECT_EQ(Fault("{\"other\": \"\xED\xA0\x80\", \"status\": \"running\"}"), "is not JSON");
}

TEST(HostileAnswerTest, AByteOrderMarkDoesNoHarm) {
  EXPECT_EQ(Fault("\xEF\xBB\xBF{\"status\": \"running\"}"), "believed");
  EXPECT_EQ(Fault("\xEF\xBB\xBF{\"status\": \"running\", \"percentage\": 1e999}"), "believed");
}

TEST(HostileAnswerTest, NestingIsAllowedTo64AndNotDeeper) {
  const auto nested = [](int depth) {  // The object itself is the first level.
    return absl::StrCat(R"({"status": "running", "x": )", Repeated("[", depth - 1),
                        Repeated("]", depth - 1), "}");
  };

  EXPECT_EQ(Fault(nested(64)), "believed");
  EXPECT_EQ(Fault(nested(65)), "nests deeper than 64");
}

TEST(HostileAnswerTest, NestingOfAMillionLevelsIsRefusedAndDoesNotCrash) {
  for (const int levels : {10'000, 1'000'000}) {
    EXPECT_EQ(Fault(Repeated("[", levels)), "is not a JSON object");
    EXPECT_EQ(Fault(Repeated(R"({"result":)", levels)), "nests deeper than 64");
    EXPECT_EQ(Fault(Repeated(R"({"errors":)", levels)), "nests deeper than 64");
    EXPECT_EQ(Fault(absl::StrCat(R"({"x":)", Repeated("[", levels), Repeated("]", levels), "}")),
              "nests deeper than 64");
  }
}

TEST(HostileAnswerTest, RepeatedMembersAreNotBelieved) {
  EXPECT_EQ(Fault(R"({"status": "running", "status": "completed"})"), "repeats the member status");
  EXPECT_EQ(Fault(R"({"status": "running", "status": "running"})"), "repeats the member status");
  EXPECT_EQ(Fault(R"({"status": null, "status": "running"})"), "repeats the member status");
  EXPECT_EQ(Fault(R"({"status": "running", "result": {}, "result": {"status": "failed"}})"),
            "repeats the member result");
  EXPECT_EQ(Fault(R"({"status": "running", "result": {"endTime": "", "endTime": ""}})"),
            "repeats the member result.endTime");
  EXPECT_EQ(Fault(R"({"status": "running", "errors": [], "errors": [{"msg": "x"}]})"),
            "repeats the member errors");
}

TEST(HostileAnswerTest, HugeNumbersAnywhereSpoilOnlyThemselves) {
  EXPECT_EQ(Fault(R"({"status": "running", "other": 1e999, "more": [-1e999]})"), "believed");
  EXPECT_EQ(Fault(absl::StrCat(R"({"status": "running", "other": )", std::string(400, '9'), "}")),
            "believed");
}

TEST(HostileAnswerTest, VeryManyHugeNumbersAreNotBelieved) {
  EXPECT_EQ(
      Fault(absl::StrCat(R"({"status": "running", "x": [)", Repeated("1e999,", 100'000), "1]}")),
      "is not JSON");
}

TEST(HostileAnswerTest, AMegabyteOfMembersNobodyKnowsIsSkipped) {
  std::string body = R"({"status": "running")";
  for (int i = 0; body.size() < 1'000'000; ++i) absl::StrAppend(&body, ", \"x", i, "\": [{}]");
  body += "}";

  EXPECT_EQ(Fault(body), "believed");
}

TEST(HostileAnswerTest, OfVeryManyErrorsTheFirstAreKept) {
  const DecodedAnswer decoded =
      DecodeStatus(kKey,
                   absl::StrCat(R"({"errors": [)", Repeated(R"({"msg": "x", "code": 1},)", 50'000),
                                R"({"msg": "last"}]})"),
                   StatusWords());

  const auto* errors = std::get_if<std::vector<PlatformError>>(&decoded);
  ASSERT_NE(errors, nullptr);
  EXPECT_EQ(errors->size(), 8u);
  EXPECT_EQ(errors->back().text, "x");
}

}  // namespace
}  // namespace runcast::upstream
