#include "tests/simulator/http_request.h"

#include <gtest/gtest.h>

namespace runcast::simulator {
namespace {

TEST(HttpRequestTest, ThePathStaysAsReceived) {
  HttpRequest request;

  const ParseOutcome outcome =
      ParseHttpRequest("GET /a%2Fb%20c/../d?x=%41 HTTP/1.1\r\nauth: t\r\n\r\nrest", request);

  EXPECT_EQ(outcome.state, ParseState::kComplete);
  EXPECT_EQ(request.target, "/a%2Fb%20c/../d?x=%41");
  EXPECT_EQ(request.Header("AUTH"), "t");
}

TEST(HttpRequestTest, EveryPrefixOfARequestIsIncomplete) {
  const std::string whole = "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";

  for (size_t size = 0; size < whole.size(); ++size) {
    HttpRequest request;
    EXPECT_EQ(ParseHttpRequest(whole.substr(0, size), request).state, ParseState::kIncomplete);
  }
  HttpRequest request;
  EXPECT_EQ(ParseHttpRequest(whole, request).consumed, whole.size());
  EXPECT_EQ(request.body, "abc");
}

TEST(HttpRequestTest, ChunksAreJoined) {
  const std::string whole =
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
  HttpRequest request;

  const ParseOutcome outcome = ParseHttpRequest(whole, request);

  EXPECT_EQ(outcome.state, ParseState::kComplete);
  EXPECT_EQ(outcome.consumed, whole.size());
  EXPECT_EQ(request.body, "abcde");
}

TEST(HttpRequestTest, WhatIsNotHttpIsBad) {
  for (const char* text :
       {"nonsense\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"}) {
    HttpRequest request;
    EXPECT_EQ(ParseHttpRequest(text, request).state, ParseState::kBad) << text;
  }
}

TEST(HttpRequestTest, QueryParametersAreDecoded) {
  EXPECT_EQ(QueryParameter("a=1&name=x%20y&b", "name"), "x y");
  EXPECT_EQ(QueryParameter("a=1", "name"), "");
  EXPECT_EQ(PercentDecode("100%_%zz+"), "100%_%zz+");
}

}  // namespace
}  // namespace runcast::simulator
