// grpc.health.v1, as probes and clients use it.

#include <memory>
#include <optional>
#include <string>

#include "grpc/health/v1/health.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "tests/component/rpc/raw_client.h"
#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

std::string Request(const std::string& service) {
  HealthCheckRequest request;
  request.set_service(service);
  return request.SerializeAsString();
}

HealthCheckResponse::ServingStatus StatusIn(const std::string& bytes) {
  HealthCheckResponse response;
  EXPECT_TRUE(response.ParseFromString(bytes));
  return response.status();
}

// One health watch, message by message.
class HealthWatch {
 public:
  HealthWatch(const std::shared_ptr<grpc::Channel>& channel, const std::string& service)
      : stub_(channel) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(15));
    stream_ = stub_.PrepareCall(&context_, "/grpc.health.v1.Health/Watch", &queue_);
    stream_->StartCall(this);
    Wait();
    const std::string bytes = Request(service);
    const grpc::Slice slice(bytes);
    stream_->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), this);
    Wait();
  }
  ~HealthWatch() {
    context_.TryCancel();
    End();
    queue_.Shutdown();
    while (Wait()) {
    }
  }
  std::optional<HealthCheckResponse::ServingStatus> Next() {
    grpc::ByteBuffer message;
    stream_->Read(&message, this);
    if (!Wait()) return std::nullopt;
    grpc::Slice slice;
    EXPECT_TRUE(message.DumpToSingleSlice(&slice).ok());
    return StatusIn(std::string(reinterpret_cast<const char*>(slice.begin()), slice.size()));
  }
  grpc::Status End() {
    if (!ended_) {
      ended_ = true;
      stream_->Finish(&status_, this);
      Wait();
    }
    return status_;
  }

 private:
  bool Wait() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::Status status_;
  bool ended_ = false;
};

class HealthTest : public RpcTest {
 protected:
  RawEnd Check(const std::string& service) {
    return MakeRawCall(channel_ ? channel_ : NewChannel(),
                       {.path = "/grpc.health.v1.Health/Check", .message = Request(service)});
  }
  void ExpectCheck(const std::string& service, HealthCheckResponse::ServingStatus expected) {
    const RawEnd end = Check(service);
    ASSERT_TRUE(end.status.ok()) << end.status.error_message();
    ASSERT_EQ(end.messages.size(), 1u);
    EXPECT_EQ(StatusIn(end.messages[0]), expected) << service;
  }

  std::shared_ptr<grpc::Channel> channel_;  // For checks over one connection; null: each its own.
};

TEST_F(HealthTest, CheckTellsReadinessForAllNamesButLiveness) {
  StartServer();
  for (const bool ready : {false, true, false}) {
    server_->SetServing(ready);
    const auto expected = ready ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
    ExpectCheck("", expected);
    ExpectCheck("runcast.v1.RunStatusService", expected);
    ExpectCheck("runcast-readiness", expected);
    ExpectCheck("runcast-liveness", HealthCheckResponse::SERVING);
  }
}

TEST_F(HealthTest, CheckOfAnUnknownServiceIsNotFound) {
  StartServer();
  EXPECT_EQ(Check("nobody").status.error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(HealthTest, GarbageIsInvalid) {
  StartServer();
  for (const char* path : {"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"}) {
    EXPECT_EQ(MakeRawCall(NewChannel(), {.path = path, .message = "\xFF\xFF"}).status.error_code(),
              grpc::StatusCode::INVALID_ARGUMENT);
  }
}

TEST_F(HealthTest, WatchTellsTheStateNowAndEveryChange) {
  StartServer();
  HealthWatch watch(NewChannel(), "runcast.v1.RunStatusService");

  EXPECT_EQ(watch.Next(), HealthCheckResponse::NOT_SERVING);
  server_->SetServing(true);
  EXPECT_EQ(watch.Next(), HealthCheckResponse::SERVING);
  server_->SetServing(true);
  server_->SetServing(false);
  EXPECT_EQ(watch.Next(), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthTest, WatchOfAnUnknownServiceSaysSoAndStaysOpen) {
  StartServer();
  HealthWatch watch(NewChannel(), "nobody");

  EXPECT_EQ(watch.Next(), HealthCheckResponse::SERVICE_UNKNOWN);
  EXPECT_EQ(server_->live_calls(), 1);
}

TEST_F(HealthTest, WatchesAreRefusedWhileMemoryIsShortAndChecksAreNot) {
  StartServer();
  server_->SetFull(true);

  HealthWatch watch(NewChannel(), "");

  EXPECT_FALSE(watch.Next().has_value());
  EXPECT_EQ(watch.End().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(watch.End()), "OVERLOADED");
  ExpectCheck("", HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthTest, WatchesBeyondTheirNumberAreRefusedUntilOneEnds) {
  options_.loops = 1;
  options_.limits.max_health_watches = 2;
  StartServer();
  auto first = std::make_unique<HealthWatch>(NewChannel(), "");
  HealthWatch second(NewChannel(), "");
  ASSERT_TRUE(first->Next().has_value());
  ASSERT_TRUE(second.Next().has_value());

  HealthWatch third(NewChannel(), "");
  EXPECT_FALSE(third.Next().has_value());
  EXPECT_EQ(ReasonOf(third.End()), "OVERLOADED");
  ExpectCheck("runcast-liveness", HealthCheckResponse::SERVING);

  first = nullptr;
  ASSERT_TRUE(WaitUntil([&] { return server_->live_calls() == 1; }));
  EXPECT_TRUE(HealthWatch(NewChannel(), "").Next().has_value());
}

TEST_F(HealthTest, AWatchEndsAtTheAgeOfAnyStream) {
  options_.limits.max_age = absl::Milliseconds(300);
  StartServer();
  HealthWatch watch(NewChannel(), "");
  EXPECT_TRUE(watch.Next().has_value());

  EXPECT_FALSE(watch.Next().has_value());
  EXPECT_EQ(ReasonOf(watch.End()), "STREAM_MAX_AGE");
}

TEST_F(HealthTest, DrainEndsWatchesAndChecksGoOnOverConnectionsThatAreOpen) {
  StartServer();
  server_->SetServing(true);
  channel_ = NewChannel();
  HealthWatch watch(channel_, "");
  EXPECT_EQ(watch.Next(), HealthCheckResponse::SERVING);

  server_->SetServing(false);
  server_->StartDrain(absl::ZeroDuration());

  EXPECT_EQ(watch.Next(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watch.Next().has_value());
  EXPECT_EQ(ReasonOf(watch.End()), "DRAINING");
  ExpectCheck("", HealthCheckResponse::NOT_SERVING);
  ExpectCheck("runcast-liveness", HealthCheckResponse::SERVING);
}

TEST_F(HealthTest, GrpcsOwnClientSideHealthCheckingUnderstandsUs) {
  StartServer();
  server_->SetServing(true);
  runs::ReadAnswer answer;
  answer.snapshot = Frozen(Running(1, 1));
  hub_.AnswerReadsWith(answer);
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(
      R"({"loadBalancingConfig": [{"round_robin": {}}],
          "healthCheckConfig": {"serviceName": "runcast.v1.RunStatusService"}})");
  const auto channel = NewChannel(arguments);

  EXPECT_TRUE(
      channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(15)));
  server_->SetServing(false);
  EXPECT_TRUE(WaitUntil([&] { return channel->GetState(true) != GRPC_CHANNEL_READY; }));
}

}  // namespace
}  // namespace runcast::rpc
