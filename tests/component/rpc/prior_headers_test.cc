// Whatever is decided without the platform is sent without prior headers, so that a mesh may try
// another replica; whatever comes after, with them. Source: the contract, "Errors".

#include <memory>
#include <string>
#include <thread>

#include "gateway/rpc/method.h"
#include "tests/component/rpc/frame_peer.h"
#include "tests/component/rpc/raw_client.h"
#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;
using runs::Ended;
using runs::Reason;

class PriorHeadersTest : public RpcTest {
 protected:
  PriorHeadersTest() { options_.loops = 1; }

  void Start() {
    StartServer();
    // Before a gateway that drains refuses new ones.
    peer_ = std::make_unique<FramePeer>(server_->port());
    channel_ = NewChannel();
    ASSERT_TRUE(channel_->WaitForConnected(absl::ToChronoTime(absl::Now() + kWaitLimit)));
  }

  std::unique_ptr<FramePeer> peer_;
  std::shared_ptr<grpc::Channel> channel_;
};

class RefusedCallTest : public PriorHeadersTest, public testing::WithParamInterface<Method> {
 protected:
  // Makes the same call twice: a client of gRPC tells the reason, the other one the frames. Both
  // methods read the same message.
  void ExpectEnd(const std::string& reason, bool prior_headers,
                 const std::optional<std::string>& message = StatusRequest().SerializeAsString()) {
    const RawEnd end = MakeRawCall(
        channel_,
        {.path = PathOf(GetParam()), .message = message, .half_close = message.has_value()});
    EXPECT_EQ(ReasonOf(end.status), reason) << end.status.error_message();
    peer_->StartCall(PathOf(GetParam()), message);
    EXPECT_EQ(peer_->HasPriorHeaders(), prior_headers) << reason;
  }
  void HubSays(const runs::RunError& error) {
    runs::ReadAnswer answer;
    answer.error = error;
    hub_.AnswerReadsWith(answer);
    hub_.AnswerFollowsWith(Key(), Ended{error});
  }
};

TEST_P(RefusedCallTest, HasNoneWhereTheRequestIsWrong) {
  options_.limits.request_timeout = absl::Milliseconds(200);
  Start();

  ExpectEnd("INVALID_FIELD", false, "");
  ExpectEnd("INVALID_FIELD", false, "\xFF\xFF\xFFgarbage");
  ExpectEnd("INVALID_FIELD", false, std::nullopt);
}

TEST_P(RefusedCallTest, HasNoneWhereAccessIsRefused) {
  Start();
  access_.Set(access::Verdict::kStreamNotServed);
  ExpectEnd("STREAM_NOT_SERVED", false);
  access_.Set(access::Verdict::kAccessDenied);
  ExpectEnd("ACCESS_DENIED", false);
  access_.Set(access::Verdict::kIdentityRequired);
  ExpectEnd("IDENTITY_REQUIRED", false);
}

TEST_P(RefusedCallTest, HasNoneWhereTheGatewayIsFull) {
  Start();
  server_->SetFull(true);

  ExpectEnd("OVERLOADED", false);
}

TEST_P(RefusedCallTest, HasNoneWhereTheGatewayDrains) {
  Start();
  server_->StartDrain(absl::ZeroDuration());
  // The mail reaches the loop some time soon; until then calls of wrong requests say so.
  ASSERT_TRUE(WaitUntil([&] {
    const RawEnd end = MakeRawCall(channel_, {.path = PathOf(GetParam()), .message = ""});
    return ReasonOf(end.status) == "DRAINING";
  }));

  ExpectEnd("DRAINING", false);
}

TEST_P(RefusedCallTest, HasNoneWhereTheCallerIsOverItsLimits) {
  options_.admission.max_watches_per_caller = 1;
  options_.admission.max_waiting_reads_per_caller = 1;
  Start();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  Watch watch(stub(), WatchRequest());
  EXPECT_EQ(watch.NextSequence(), 1);
  std::thread reader([&] { EXPECT_TRUE(GetStatus(StatusRequest()).ok()); });
  EXPECT_TRUE(hub_.WaitForReads(1));

  ExpectEnd("CALLER_LIMIT", false);

  runs::ReadAnswer answer;
  answer.snapshot = Frozen(Running(1, 1));
  hub_.AnswerWaitingReads(answer);
  reader.join();
}

TEST_P(RefusedCallTest, HasNoneWhereTheHubKnowsByItself) {
  Start();
  for (const Reason reason :
       {Reason::kRunNotFound, Reason::kSuiteNotFound, Reason::kRunDeleted, Reason::kRunBudgetSpent,
        Reason::kRunVariants, Reason::kCallerLimit, Reason::kOverloaded}) {
    HubSays(Error(reason, /*after_upstream=*/false));
    ExpectEnd(runs::ReasonName(reason), false);
  }
}

TEST_P(RefusedCallTest, HasSomeWhereThePlatformHadAPart) {
  Start();
  for (const Reason reason :
       {Reason::kRunNotFound, Reason::kSuiteNotFound, Reason::kRunDeleted,
        Reason::kUpstreamCredentials, Reason::kUpstreamScope, Reason::kUpstreamUnavailable,
        Reason::kUpstreamProtocol, Reason::kRunBudgetSpent}) {
    HubSays(Error(reason, /*after_upstream=*/true));
    ExpectEnd(runs::ReasonName(reason), true);
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, RefusedCallTest,
                         testing::Values(Method::kGetStatus, Method::kWatchRun),
                         [](const auto& method) {
                           return method.param == Method::kGetStatus ? "GetStatus" : "WatchRun";
                         });

// A stream that stands ends after its headers, also when it never had a status.
class OpenStreamTest : public PriorHeadersTest {
 protected:
  void Open() {
    Start();
    hub_.AnswerFollowsWith(Key(), Admitted{});
    peer_->StartCall(PathOf(Method::kWatchRun), WatchRequest().SerializeAsString());
    ASSERT_TRUE(hub_.WaitForFollows(1));
  }
  void ExpectEndWithPriorHeaders(const std::string& reason) {
    EXPECT_EQ(peer_->HasPriorHeaders(), true);
    EXPECT_TRUE(WaitForNoCalls());
    EXPECT_EQ(Metric("runcast_stream_ends_total{reason=\"" + reason + "\"}"), 1);
  }
};

TEST_F(OpenStreamTest, HasSomeAtItsAge) {
  options_.limits.max_age = absl::Milliseconds(300);
  Open();

  ExpectEndWithPriorHeaders("STREAM_MAX_AGE");
}

TEST_F(OpenStreamTest, HasSomeAtDrain) {
  Open();
  server_->StartDrain(absl::ZeroDuration());

  ExpectEndWithPriorHeaders("DRAINING");
}

}  // namespace
}  // namespace runcast::rpc
