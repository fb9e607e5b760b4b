// The contract's table of errors, and requests that make no sense.

#include <grpcpp/generic/generic_stub.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/component/rpc/raw_client.h"
#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using grpc::StatusCode;
using runs::Admitted;
using runs::Ended;
using runs::Reason;
using testing::ElementsAre;

constexpr char kGetStatus[] = "/runcast.v1.RunStatusService/GetStatus";
constexpr char kWatchRun[] = "/runcast.v1.RunStatusService/WatchRun";

class RefusalTest : public RpcTest {
 protected:
  // A channel that tries a second time where a proxy would: when no headers have come.
  std::shared_ptr<grpc::Channel> RetryingChannel() const {
    grpc::ChannelArguments arguments;
    arguments.SetServiceConfigJSON(R"({"methodConfig": [{"name": [{}], "retryPolicy": {
      "maxAttempts": 2, "initialBackoff": "0.01s", "maxBackoff": "0.01s", "backoffMultiplier": 1,
      "retryableStatusCodes": ["UNAVAILABLE", "NOT_FOUND", "RESOURCE_EXHAUSTED",
                               "PERMISSION_DENIED"]}}]})");
    return NewChannel(arguments);
  }
  // How both calls end for the default run.
  std::vector<grpc::Status> BothEnds() {
    std::vector<grpc::Status> ends = {GetStatus(StatusRequest())};
    Watch watch(stub(), WatchRequest());
    EXPECT_FALSE(watch.Next().has_value());
    ends.push_back(watch.End());
    return ends;
  }
  void ExpectBoth(StatusCode code, const std::string& reason) {
    for (const grpc::Status& status : BothEnds()) {
      EXPECT_EQ(status.error_code(), code) << status.error_message();
      EXPECT_EQ(ReasonOf(status), reason);
      EXPECT_LE(status.error_message().size(), 512u);
      EXPECT_LE(status.error_details().size(), 2048u);
    }
    EXPECT_TRUE(WaitForNoCalls());
  }
};

TEST_F(RefusalTest, ACompressedRequest) {
  StartServer();
  for (const grpc_compression_algorithm algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    grpc::ClientContext context;
    context.set_compression_algorithm(algorithm);
    v1::GetStatusRequest request = StatusRequest();
    request.mutable_run()->set_suite_name(std::string(10'000, 'a'));  // Small ones go unpacked.
    v1::GetStatusResponse response;
    EXPECT_EQ(stub().GetStatus(&context, request, &response).error_code(),
              StatusCode::UNIMPLEMENTED);
  }
  EXPECT_TRUE(WaitForNoCalls());
}

TEST_F(RefusalTest, AStreamIdThatIsNotServed) {
  StartServer();
  access_.Set(access::Verdict::kStreamNotServed);
  ExpectBoth(StatusCode::PERMISSION_DENIED, "STREAM_NOT_SERVED");
  EXPECT_TRUE(hub_.follows().empty());
  EXPECT_TRUE(hub_.reads().empty());
  EXPECT_EQ(Metric("runcast_access_denied_total"), 2);
}

TEST_F(RefusalTest, ACallerThatMayNotSeeIt) {
  StartServer();
  access_.Set(access::Verdict::kAccessDenied);
  ExpectBoth(StatusCode::PERMISSION_DENIED, "ACCESS_DENIED");
}

TEST_F(RefusalTest, ACallerWithoutIdentity) {
  StartServer();
  access_.Set(access::Verdict::kIdentityRequired);
  ExpectBoth(StatusCode::UNAUTHENTICATED, "IDENTITY_REQUIRED");
}

TEST_F(RefusalTest, AGatewayThatIsFull) {
  StartServer();
  server_->SetFull(true);
  ExpectBoth(StatusCode::UNAVAILABLE, "OVERLOADED");
  EXPECT_EQ(Metric("runcast_limit_refusals_total{limit=\"memory\"}"), 2);

  server_->SetFull(false);
  hub_.AnswerFollowsWith(Key(), Admitted{});
  Watch(stub(), WatchRequest()).WaitForHeaders();
}

TEST_F(RefusalTest, MoreWatchesThanFit) {
  options_.admission.max_watches = 1;
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  auto first = std::make_unique<Watch>(stub(), WatchRequest());
  EXPECT_EQ(first->NextSequence(), 1);

  Watch second(stub(), WatchRequest());
  EXPECT_FALSE(second.Next().has_value());
  const grpc::Status status = second.End();
  EXPECT_EQ(status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "OVERLOADED");
  EXPECT_EQ(second.context().GetServerTrailingMetadata().count("grpc-retry-pushback-ms"), 1u);
  EXPECT_EQ(Metric("runcast_limit_refusals_total{limit=\"watches\"}"), 1);

  first = nullptr;
  ASSERT_TRUE(WaitForNoCalls());
  Watch third(stub(), WatchRequest());
  EXPECT_EQ(third.NextSequence(), 1);
}

TEST_F(RefusalTest, MoreWatchesOfOneRunThanFit) {
  options_.admission.max_watches_per_run = 1;
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  hub_.AnswerFollowsWith(Key("tr-2"), Admitted{Frozen(Running(1, 1))});
  Watch first(stub(), WatchRequest());
  EXPECT_EQ(first.NextSequence(), 1);

  Watch second(stub(), WatchRequest());
  EXPECT_FALSE(second.Next().has_value());
  const grpc::Status status = second.End();
  Watch of_another_run(stub(), WatchRequest("tr-2"));

  EXPECT_EQ(status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "OVERLOADED");
  EXPECT_EQ(second.context().GetServerTrailingMetadata().count("grpc-retry-pushback-ms"), 1u);
  EXPECT_EQ(Metric("runcast_limit_refusals_total{limit=\"run_watches\"}"), 1);
  EXPECT_EQ(of_another_run.NextSequence(), 1);
}

TEST_F(RefusalTest, ACallerWithTooManyWatches) {
  options_.admission.max_watches_per_caller = 1;
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  Watch first(stub(), WatchRequest());
  EXPECT_EQ(first.NextSequence(), 1);

  Watch second(stub(), WatchRequest());
  EXPECT_FALSE(second.Next().has_value());
  const grpc::Status status = second.End();

  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "CALLER_LIMIT");
  const auto quota = DetailOf<details::v1::QuotaFailure>(status, "google.rpc.QuotaFailure");
  ASSERT_TRUE(quota.has_value());
  EXPECT_EQ(quota->violations(0).subject(), "127.0.0.1");
  EXPECT_EQ(Metric("runcast_limit_refusals_total{limit=\"caller_watches\"}"), 1);
}

TEST_F(RefusalTest, ACallerWithTooManyReadsThatWaitWhileAnotherIsServed) {
  options_.admission.max_waiting_reads_per_caller = 2;
  options_.identity.trusted_header = access::TrustedHeader::kLinkerdClientId;
  StartServer();
  const auto read = [&](const char* client_id) {
    grpc::ClientContext context;
    context.AddMetadata("l5d-client-id", client_id);
    v1::GetStatusResponse response;
    return stub().GetStatus(&context, StatusRequest(), &response);
  };
  std::vector<std::thread> waiting;
  for (size_t i = 1; i <= 2; ++i) {
    waiting.emplace_back([&] { EXPECT_TRUE(read("greedy.example").ok()); });
    EXPECT_TRUE(hub_.WaitForReads(i));
  }

  const grpc::Status refused = read("greedy.example");
  waiting.emplace_back([&] { EXPECT_TRUE(read("other.example").ok()); });
  EXPECT_TRUE(hub_.WaitForReads(3)) << "another caller is served";

  EXPECT_EQ(refused.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(refused), "CALLER_LIMIT");
  EXPECT_EQ(Metric("runcast_limit_refusals_total{limit=\"caller_reads\"}"), 1);

  const auto answer = [] {
    runs::ReadAnswer known;
    known.snapshot = Frozen(Running(1, 1));
    return known;
  };
  hub_.AnswerWaitingReads(answer());
  for (std::thread& each : waiting) each.join();
  ASSERT_TRUE(WaitForNoCalls());
  hub_.AnswerReadsWith(answer());
  EXPECT_TRUE(read("greedy.example").ok()) << "places come back";
}

TEST_F(RefusalTest, MoreWatchesOnOneConnectionThanFit) {
  options_.admission.max_watches_per_connection = 1;
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  Watch first(stub(), WatchRequest());
  EXPECT_EQ(first.NextSequence(), 1);

  Watch second(stub(), WatchRequest());
  EXPECT_FALSE(second.Next().has_value());
  const grpc::Status status = second.End();

  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "CALLER_LIMIT");
  EXPECT_EQ(Metric("runcast_limit_refusals_total{limit=\"connection_watches\"}"), 1);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto other = v1::RunStatusService::NewStub(NewChannel(arguments));
  EXPECT_EQ(Watch(*other, WatchRequest()).NextSequence(), 1) << "another connection";
}

TEST_F(RefusalTest, MoreCallsWithoutAMessageThanFitEndTheOldest) {
  options_.loops = 1;
  options_.limits.max_silent_calls = 2;
  options_.limits.request_timeout = absl::Seconds(60);
  StartServer();
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::GenericClientAsyncReaderWriter>> silent;
  grpc::CompletionQueue queue;
  void* tag = nullptr;
  bool ok = false;
  grpc::GenericStub generic(NewChannel());
  for (int i = 0; i < 2; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    silent.push_back(generic.PrepareCall(contexts.back().get(),
                                         "/runcast.v1.RunStatusService/WatchRun", &queue));
    silent.back()->StartCall(nullptr);
    ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
    ASSERT_TRUE(WaitUntil([&] { return server_->live_calls() == i + 1; }));
  }
  runs::ReadAnswer answer;
  answer.snapshot = Frozen(Running(1, 1));
  hub_.AnswerReadsWith(answer);

  EXPECT_TRUE(GetStatus(StatusRequest()).ok()) << "nobody else is refused for them";

  grpc::Status oldest;
  silent.front()->Finish(&oldest, nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
  EXPECT_EQ(oldest.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(oldest), "OVERLOADED");
  EXPECT_EQ(Metric("runcast_limit_refusals_total{limit=\"silent_calls\"}"), 1);
  EXPECT_TRUE(WaitUntil([&] { return server_->live_calls() == 1; })) << "the other one";
  EXPECT_TRUE(GetStatus(StatusRequest()).ok()) << "there is room for one more";
  EXPECT_EQ(Metric("runcast_limit_refusals_total{limit=\"silent_calls\"}"), 1);
  contexts.back()->TryCancel();
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
}

TEST_F(RefusalTest, ACallerThatCallsTooOften) {
  options_.admission.calls_per_second_per_caller = 3;
  StartServer();
  runs::ReadAnswer answer;
  answer.snapshot = Frozen(Running(1, 1));
  hub_.AnswerReadsWith(answer);

  grpc::Status last;
  for (int i = 0; i < 50 && last.ok(); ++i) last = GetStatus(StatusRequest());

  EXPECT_EQ(last.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(last), "CALLER_LIMIT");
  EXPECT_EQ(Metric("runcast_limit_refusals_total{limit=\"caller_rate\"}"), 1);
}

struct HubRow {
  Reason reason;
  StatusCode code;
  const char* name;
  bool after_upstream;
};

class HubRefusalTest : public RefusalTest, public testing::WithParamInterface<HubRow> {};

TEST_P(HubRefusalTest, HasItsCodeAndReasonAndHeadersOnlyIfThePlatformHadAPart) {
  StartServer();
  const HubRow& row = GetParam();
  runs::ReadAnswer answer;
  answer.error = Error(row.reason, row.after_upstream);
  hub_.AnswerReadsWith(answer);
  hub_.AnswerFollowsWith(Key(), Ended{answer.error});

  ExpectBoth(row.code, row.name);

  // Who would ask another replica does so only when no headers have come.
  const auto retrying = v1::RunStatusService::NewStub(RetryingChannel());
  const size_t before = hub_.reads().size();
  grpc::ClientContext context;
  v1::GetStatusResponse response;
  EXPECT_EQ(retrying->GetStatus(&context, StatusRequest(), &response).error_code(), row.code);
  EXPECT_EQ(hub_.reads().size() - before, row.after_upstream ? 1u : 2u);
}

INSTANTIATE_TEST_SUITE_P(
    Contract, HubRefusalTest,
    testing::Values(
        HubRow{Reason::kRunNotFound, StatusCode::NOT_FOUND, "RUN_NOT_FOUND", true},
        HubRow{Reason::kSuiteNotFound, StatusCode::NOT_FOUND, "SUITE_NOT_FOUND", true},
        HubRow{Reason::kRunDeleted, StatusCode::NOT_FOUND, "RUN_DELETED", true},
        HubRow{Reason::kUpstreamCredentials, StatusCode::PERMISSION_DENIED, "UPSTREAM_CREDENTIALS",
               true},
        HubRow{Reason::kUpstreamScope, StatusCode::PERMISSION_DENIED, "UPSTREAM_SCOPE", true},
        HubRow{Reason::kUpstreamUnavailable, StatusCode::UNAVAILABLE, "UPSTREAM_UNAVAILABLE", true},
        HubRow{Reason::kUpstreamProtocol, StatusCode::UNAVAILABLE, "UPSTREAM_PROTOCOL", true},
        HubRow{Reason::kRunBudgetSpent, StatusCode::RESOURCE_EXHAUSTED, "RUN_BUDGET_SPENT", false},
        HubRow{Reason::kRunVariants, StatusCode::RESOURCE_EXHAUSTED, "RUN_VARIANTS", false},
        HubRow{Reason::kCallerLimit, StatusCode::RESOURCE_EXHAUSTED, "CALLER_LIMIT", false},
        HubRow{Reason::kOverloaded, StatusCode::UNAVAILABLE, "OVERLOADED", false}),
    [](const auto& row) { return std::string(row.param.name); });

// The fields that a request was refused for.
std::vector<std::string> WrongFieldsOf(const grpc::Status& status) {
  std::vector<std::string> fields;
  const auto bad = DetailOf<details::v1::BadRequest>(status, "google.rpc.BadRequest");
  if (!bad.has_value()) return fields;
  for (const auto& violation : bad->field_violations()) fields.push_back(violation.field());
  return fields;
}

TEST_F(RefusalTest, EveryWrongFieldIsNamed) {
  StartServer();
  v1::GetStatusRequest request;
  request.mutable_run()->set_suite_name("a\nb");
  request.mutable_max_staleness()->set_seconds(-1);

  const grpc::Status status = GetStatus(request);

  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_THAT(WrongFieldsOf(status),
              ElementsAre("run.stream_id", "run.suite_name", "run.run_id", "max_staleness"));
}

TEST_F(RefusalTest, AHeartbeatIntervalOutOfRangeIsNamed) {
  StartServer();
  for (const int64_t seconds : {-20, 0, 4, 601}) {
    v1::WatchRunRequest request = WatchRequest();
    request.mutable_heartbeat_interval()->set_seconds(seconds);
    Watch watch(stub(), request);
    EXPECT_FALSE(watch.Next().has_value());
    const grpc::Status status = watch.End();
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT) << seconds;
    EXPECT_THAT(status.error_message(), testing::HasSubstr("heartbeat_interval"));
  }
  EXPECT_TRUE(hub_.follows().empty());
}

class BothMethodsTest : public RefusalTest, public testing::WithParamInterface<const char*> {
 protected:
  void ExpectInvalid(const RawCall& call) {
    const RawEnd end = MakeRawCall(NewChannel(), call);
    EXPECT_EQ(end.status.error_code(), StatusCode::INVALID_ARGUMENT) << end.status.error_message();
    EXPECT_EQ(ReasonOf(end.status), "INVALID_FIELD");
    EXPECT_THAT(WrongFieldsOf(end.status), ElementsAre("run"));
    EXPECT_TRUE(end.messages.empty());
    EXPECT_TRUE(WaitForNoCalls());
    EXPECT_TRUE(hub_.follows().empty());
    EXPECT_TRUE(hub_.reads().empty());
  }
};

TEST_P(BothMethodsTest, GarbageIsInvalid) {
  StartServer();
  ExpectInvalid({.path = GetParam(), .message = "\xFF\xFF\xFFgarbage"});
}

TEST_P(BothMethodsTest, TextThatIsNotUtf8IsInvalid) {
  StartServer();
  // run { stream_id: "\xFF" }
  ExpectInvalid({.path = GetParam(), .message = std::string("\x0A\x03\x0A\x01\xFF", 5)});
}

TEST_P(BothMethodsTest, AnEmptyMessageIsInvalid) {
  StartServer();
  ExpectInvalid({.path = GetParam(), .message = ""});
}

TEST_P(BothMethodsTest, HalfAMessageIsInvalid) {
  StartServer();
  const std::string whole = StatusRequest().SerializeAsString();
  ExpectInvalid({.path = GetParam(), .message = whole.substr(0, whole.size() / 2)});
}

TEST_P(BothMethodsTest, AHalfCloseWithoutAMessageIsInvalid) {
  StartServer();
  ExpectInvalid({.path = GetParam(), .message = std::nullopt});
}

TEST_P(BothMethodsTest, NoMessageInTimeIsInvalid) {
  options_.limits.request_timeout = absl::Milliseconds(200);
  StartServer();
  const absl::Time start = absl::Now();
  ExpectInvalid({.path = GetParam(), .message = std::nullopt, .half_close = false});
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(190));
}

TEST_P(BothMethodsTest, AMessageOfFiveMegabytesIsRefusedByGrpc) {
  StartServer();
  const RawEnd end =
      MakeRawCall(NewChannel(), {.path = GetParam(), .message = std::string(5 << 20, 'x')});
  EXPECT_EQ(end.status.error_code(), StatusCode::RESOURCE_EXHAUSTED) << end.status.error_message();
  EXPECT_TRUE(WaitForNoCalls());
}

TEST_P(BothMethodsTest, AMessageOfTheLargestSizeIsRead) {
  StartServer();
  v1::WatchRunRequest request = WatchRequest();  // GetStatus does not know the field.
  request.set_resume_token(std::string(65000, 'x'));
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Completed(1))});
  runs::ReadAnswer answer;
  answer.snapshot = Frozen(Completed(1));
  hub_.AnswerReadsWith(answer);
  std::string bytes = request.SerializeAsString();
  if (std::string(GetParam()) == kGetStatus) {
    request.clear_resume_token();
    bytes = request.SerializeAsString();
    // An unknown field.
    v1::WatchRunResponse unknown;
    unknown.set_resume_token(std::string(64000, 'x'));
    std::string field = unknown.SerializeAsString();
    field[0] = 0x3A;  // Number 7, which GetStatusRequest has not.
    bytes += field;
  }

  const RawEnd end = MakeRawCall(NewChannel(), {.path = GetParam(), .message = bytes});

  EXPECT_TRUE(end.status.ok()) << end.status.error_message();
  EXPECT_EQ(end.messages.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Methods, BothMethodsTest, testing::Values(kGetStatus, kWatchRun), [](const auto& path) {
      return std::string(path.param).substr(std::string(path.param).rfind('/') + 1);
    });

TEST_F(RefusalTest, AMethodThatIsNotThereIsUnimplemented) {
  StartServer();
  for (const char* path : {"/runcast.v1.RunStatusService/DeleteRun", "/no.such.Service/Method"}) {
    EXPECT_EQ(MakeRawCall(NewChannel(), {.path = path, .message = ""}).status.error_code(),
              StatusCode::UNIMPLEMENTED);
  }
}

}  // namespace
}  // namespace runcast::rpc
