#include "gateway/base/trace_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace runcast::base {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(TraceContextTest, OnlyTraceHeadersAreTaken) {
  TraceContext context;
  for (const char* name : {"authorization", "cookie", "x-forwarded-client-cert", "x-runcast-run",
                           "traceparent", "x-custom"}) {
    context.Add(name, "value");
  }

  EXPECT_THAT(context.headers(), ElementsAre(Pair("traceparent", "value")));
}

TEST(TraceContextTest, ValuesThatAreNoHeaderValuesAreDropped) {
  TraceContext context;
  context.Add("x-request-id", "a\r\nauth: x");
  context.Add("x-request-id", "\xc3\xa4");
  context.Add("x-request-id", "");
  context.Add("tracestate", std::string(513, 'x'));

  EXPECT_THAT(context.headers(), IsEmpty());
  EXPECT_TRUE(context.empty());
}

TEST(TraceContextTest, TheTraceIdIsThatOfTheFirstKnownForm) {
  TraceContext context;
  EXPECT_EQ(context.TraceId(), "");
  context.Add("x-request-id", "req-1");
  EXPECT_EQ(context.TraceId(), "req-1");
  context.Add("x-b3-traceid", "b3b3");
  EXPECT_EQ(context.TraceId(), "b3b3");
  context.Add("b3", "0");
  EXPECT_EQ(context.TraceId(), "b3b3");
  context.Add("traceparent", "garbage");
  EXPECT_EQ(context.TraceId(), "b3b3");
}

TEST(TraceContextTest, TheTraceIdOfTraceparentAndOfB3IsTheirFirstPart) {
  TraceContext w3c;
  w3c.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  EXPECT_EQ(w3c.TraceId(), "0af7651916cd43dd8448eb211c80319c");

  TraceContext b3;
  b3.Add("b3", "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1");
  EXPECT_EQ(b3.TraceId(), "80f198ee56343ba864fe8b2a57d3eff7");
}

TEST(TraceContextTest, ATraceOfOurOwnIsLegalAndAsksNobodyToRecordIt) {
  const TraceContext context = TraceContext::Start(0x0123456789abcdef, 0, 0x10);

  EXPECT_THAT(
      context.headers(),
      ElementsAre(Pair("traceparent", "00-0123456789abcdef0000000000000001-0000000000000011-00")));
  EXPECT_EQ(context.TraceId(), "0123456789abcdef0000000000000001");
}

}  // namespace
}  // namespace runcast::base
