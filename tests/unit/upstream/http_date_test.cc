#include "gateway/upstream/http_date.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace runcast::upstream {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(784111777);  // Sun, 06 Nov 1994 08:49:37 GMT

TEST(HttpDateTest, AllThreeFormsOfTheStandardAreRead) {
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), kNow);
  EXPECT_EQ(ParseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT"), kNow);
  EXPECT_EQ(ParseHttpDate("Sun Nov  6 08:49:37 1994"), kNow);
}

TEST(HttpDateTest, AnythingElseIsNoDate) {
  for (const char* text : {"", " ", "tomorrow", "1994-11-06T08:49:37Z", "infinite-future",
                           "Sun, 06 Nov 1994", "Sun, 99 Nov 1994 08:49:37 GMT", "784111777"}) {
    EXPECT_EQ(ParseHttpDate(text), std::nullopt) << text;
  }
}

TEST(HttpDateTest, AReaderTellsEachTextByItself) {
  HttpDateReader reader;

  EXPECT_EQ(reader.Read(""), std::nullopt);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(reader.Read("Sun, 06 Nov 1994 08:49:37 GMT"), kNow);
    EXPECT_EQ(reader.Read("Sun, 06 Nov 1994 08:49:37 GMT"), kNow);
    EXPECT_EQ(reader.Read("Sun, 06 Nov 1994 08:49:38 GMT"), kNow + absl::Seconds(1));
    EXPECT_EQ(reader.Read("tomorrow"), std::nullopt);
    EXPECT_EQ(reader.Read("tomorrow"), std::nullopt);
  }
}

TEST(RetryAfterTest, SecondsAreAWait) {
  EXPECT_EQ(ParseRetryAfter("120", kNow), absl::Seconds(120));
  EXPECT_EQ(ParseRetryAfter(" 0 ", kNow), absl::ZeroDuration());
}

TEST(RetryAfterTest, ADateIsAWaitFromNow) {
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:50:37 GMT", kNow), absl::Minutes(1));
}

TEST(RetryAfterTest, ADateInThePastIsNoWait) {
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:00:00 GMT", kNow), absl::ZeroDuration());
}

TEST(RetryAfterTest, AbsurdWaitsAreCutAtADay) {
  for (const std::string text :
       {"1000000000000", "99999999999999999999999", "Sun, 06 Nov 2094 08:49:37 GMT"}) {
    EXPECT_EQ(ParseRetryAfter(text, kNow), absl::Hours(24)) << text;
  }
}

TEST(RetryAfterTest, WhatIsNeitherIsIgnored) {
  for (const char* text : {"", "-5", "1.5", "soon", "5s"}) {
    EXPECT_EQ(ParseRetryAfter(text, kNow), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace runcast::upstream
