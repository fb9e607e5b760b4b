// What the log says about calls, and which headers of a call go on.

#include "gateway/rpc/call_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/component/rpc/rpc_fixture.h"
#include "tests/fakes/recorded_log.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;
using runs::Published;
using telemetry::Severity;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kParent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

class CallLogTest : public RpcTest {
 protected:
  std::vector<fakes::RecordedEvent> Ends() {
    EXPECT_TRUE(WaitForNoCalls());
    return log_.All("call.ended");
  }
  grpc::Status GetTracedStatus() {
    grpc::ClientContext context;
    context.AddMetadata("traceparent", kParent);
    context.AddMetadata("tracestate", "vendor=1");
    context.AddMetadata("authorization", "Bearer of-no-concern");
    context.AddMetadata("cookie", "a=b");
    v1::GetStatusResponse response;
    return stub().GetStatus(&context, StatusRequest(), &response);
  }

  fakes::RecordedLog log_;
};

TEST_F(CallLogTest, AReadThatThePlatformFailsIsAWarningWithAllThatIsKnown) {
  StartServer();
  hub_.AnswerReadsWith({.error = Error(runs::Reason::kUpstreamUnavailable, true)});
  GetTracedStatus();

  const auto ends = Ends();
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_EQ(ends[0].severity, Severity::kWarning);
  const auto& fields = ends[0].fields;
  EXPECT_EQ(fields.at("method"), "/runcast.v1.RunStatusService/GetStatus");
  EXPECT_EQ(fields.at("code"), "Unavailable");
  EXPECT_EQ(fields.at("reason"), "UPSTREAM_UNAVAILABLE");
  EXPECT_EQ(fields.at("run"), "tr-1");
  EXPECT_EQ(fields.at("stream"), Key().stream_id);
  EXPECT_EQ(fields.at("suite"), Key().suite_name);
  EXPECT_THAT(fields.at("caller"), testing::HasSubstr("127.0.0.1"));
  EXPECT_EQ(fields.at("trace_id"), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_GE(std::stod(fields.at("duration_seconds")), 0);
  EXPECT_LT(std::stod(fields.at("duration_seconds")), absl::ToDoubleSeconds(kWaitLimit));
}

TEST_F(CallLogTest, OnlyTheTraceOfACallReachesTheHub) {
  StartServer();
  hub_.AnswerReadsWith({.error = Error(runs::Reason::kUpstreamUnavailable, true)});
  GetTracedStatus();

  ASSERT_THAT(hub_.reads(), SizeIs(1));
  EXPECT_THAT(
      hub_.reads()[0].trace.headers(),
      ElementsAre(testing::Pair("traceparent", kParent), testing::Pair("tracestate", "vendor=1")));
}

TEST_F(CallLogTest, GoodEndsAndMistakesOfCallersAreForDebugging) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Completed(3))});
  Watch watch(stub(), WatchRequest());
  EXPECT_EQ(watch.NextSequence(), 3);
  EXPECT_FALSE(watch.Next().has_value());
  EXPECT_TRUE(watch.End().ok());
  EXPECT_FALSE(GetStatus(v1::GetStatusRequest()).ok());

  const auto ends = Ends();
  ASSERT_THAT(ends, SizeIs(2));
  EXPECT_EQ(ends[0].severity, Severity::kDebug);
  EXPECT_EQ(ends[0].fields.at("code"), "OK");
  EXPECT_EQ(ends[0].fields.at("run"), "tr-1");
  EXPECT_EQ(ends[1].severity, Severity::kDebug);
  EXPECT_EQ(ends[1].fields.at("code"), "InvalidArgument");
}

TEST_F(CallLogTest, ARefusedWatchIsNamedWithItsCallerAndRun) {
  StartServer();
  access_.Set(access::Verdict::kAccessDenied);
  Watch watch(stub(), WatchRequest());
  EXPECT_FALSE(watch.Next().has_value());
  EXPECT_FALSE(watch.End().ok());

  const auto ends = Ends();
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_EQ(ends[0].fields.at("reason"), "ACCESS_DENIED");
  EXPECT_EQ(ends[0].fields.at("run"), "tr-1");
  EXPECT_THAT(ends[0].fields.at("caller"), Not(IsEmpty()));
}

TEST_F(CallLogTest, ManyBadEndsAreOneLineALoop) {
  options_.loops = 1;
  StartServer();
  hub_.AnswerReadsWith({.error = Error(runs::Reason::kUpstreamUnavailable, true)});
  for (int i = 0; i < 20; ++i) GetStatus(StatusRequest());

  EXPECT_THAT(Ends(), SizeIs(1));
}

TEST(SeverityOfEndTest, PlannedEndsAreNoTroubleAndOurOwnBugsAreErrors) {
  EXPECT_EQ(SeverityOfEnd(grpc::StatusCode::UNAVAILABLE, "DRAINING"), Severity::kDebug);
  EXPECT_EQ(SeverityOfEnd(grpc::StatusCode::UNAVAILABLE, "STREAM_MAX_AGE"), Severity::kDebug);
  EXPECT_EQ(SeverityOfEnd(grpc::StatusCode::UNAVAILABLE, "OVERLOADED"), Severity::kWarning);
  EXPECT_EQ(SeverityOfEnd(grpc::StatusCode::INTERNAL, ""), Severity::kError);
  EXPECT_EQ(SeverityOfEnd(grpc::StatusCode::CANCELLED, "CANCELLED"), Severity::kDebug);
}

}  // namespace
}  // namespace runcast::rpc
