#include "gateway/http/url_origin.h"

#include <gtest/gtest.h>

#include <string>

namespace runcast::http {
namespace {

TEST(UrlOriginTest, PathAndQueryAreLeftOut) {
  EXPECT_EQ(UrlOrigin("https://a.test/x/y?z=1"), "https://a.test");
  EXPECT_EQ(UrlOrigin("https://a.test:8443?z=1"), "https://a.test:8443");
  EXPECT_EQ(UrlOrigin("http://[::1]:80#f"), "http://[::1]:80");
  EXPECT_EQ(UrlOrigin("https://a.test"), "https://a.test");
}

TEST(UrlOriginTest, WhatCannotBeSentToHasNone) {
  EXPECT_EQ(UrlOrigin(""), std::nullopt);
  EXPECT_EQ(UrlOrigin("a.test/x"), std::nullopt);
  EXPECT_EQ(UrlOrigin("ftp://a.test/"), std::nullopt);
  EXPECT_EQ(UrlOrigin("https:///x"), std::nullopt);
  EXPECT_EQ(UrlOrigin("https://user:password@a.test/"), std::nullopt);
}

TEST(UrlOriginTest, BlanksControlAndNonAsciiCharactersAreRefused) {
  EXPECT_EQ(UrlOrigin("https://a.test/a b"), std::nullopt);
  EXPECT_EQ(UrlOrigin("https://a.test/\r\nX: y"), std::nullopt);
  EXPECT_EQ(UrlOrigin(std::string("https://a.test/\0x", 17)), std::nullopt);
  EXPECT_EQ(UrlOrigin("https://a.test/\xc3\xa4"), std::nullopt);
}

}  // namespace
}  // namespace runcast::http
