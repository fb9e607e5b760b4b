// A real server on loopback with a hub and an access policy that the test scripts, and what
// tests need to talk to it.

#ifndef RUNCAST_TESTS_COMPONENT_RPC_RPC_FIXTURE_H_
#define RUNCAST_TESTS_COMPONENT_RPC_RPC_FIXTURE_H_

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/access/access_control.h"
#include "gateway/base/clock.h"
#include "gateway/rpc/grpc_server.h"
#include "gateway/runs/snapshot.h"
#include "gateway/telemetry/metrics.h"
#include "runcast/details/v1/error_details.pb.h"
#include "runcast/v1/run_status_service.grpc.pb.h"
#include "tests/fakes/fake_run_hub.h"

namespace runcast::rpc {

// No wait of a test takes longer.
inline constexpr absl::Duration kWaitLimit = absl::Seconds(15);

// Calls `condition` until it holds; false when it never did.
bool WaitUntil(const std::function<bool()>& condition, absl::Duration limit = kWaitLimit);

// Says the same to everybody, until the test changes its mind.
class ScriptedAccess final : public access::AccessControl {
 public:
  access::Verdict Check(const access::AccessRequest& request) const override;
  uint64_t generation() const override { return generation_.load(); }

  void Set(access::Verdict verdict) { verdict_ = verdict; }
  void SetForLinks(access::Verdict verdict) { link_verdict_ = verdict; }
  void RaiseGeneration() { ++generation_; }
  int checks() const { return checks_.load(); }

 private:
  std::atomic<access::Verdict> verdict_{access::Verdict::kAllowed};
  std::atomic<access::Verdict> link_verdict_{access::Verdict::kAllowed};
  std::atomic<uint64_t> generation_{1};
  mutable std::atomic<int> checks_{0};
};

base::RunKey Key(const std::string& run_id = "tr-1");
v1::WatchRunRequest WatchRequest(const std::string& run_id = "tr-1");
// With a heartbeat after so much silence.
v1::WatchRunRequest WithHeartbeat(absl::Duration interval);
v1::GetStatusRequest StatusRequest(const std::string& run_id = "tr-1");

// A status of a run of ten utterances, `done` of them done.
v1::RunStatus Running(uint64_t sequence, int64_t done, uint64_t epoch = 7);
v1::RunStatus Completed(uint64_t sequence, uint64_t epoch = 7);
runs::SnapshotPtr Frozen(v1::RunStatus status);

runs::RunError Error(runs::Reason reason, bool after_upstream = false);

// The reason in a status, empty when it has none of ours.
std::string ReasonOf(const grpc::Status& status);
// A detail of a status by its type name, such as `google.rpc.RetryInfo`.
template <typename Message>
std::optional<Message> DetailOf(const grpc::Status& status, const std::string& type) {
  details::v1::Status details;
  if (!details.ParseFromString(status.error_details())) return std::nullopt;
  for (const auto& any : details.details()) {
    Message message;
    if (any.type_url() == "type.googleapis.com/" + type && message.ParseFromString(any.value())) {
      return message;
    }
  }
  return std::nullopt;
}

// One stream, read step by step. Cancelled when destroyed before its end.
class Watch {
 public:
  // `client_id` goes as the header of a mesh, `l5d-client-id`; empty: no header.
  Watch(v1::RunStatusService::Stub& stub, const v1::WatchRunRequest& request,
        const std::string& client_id = "");
  ~Watch();

  // Until headers, or the end in their stead, are there.
  void WaitForHeaders() { reader_->WaitForInitialMetadata(); }
  // The next message; nothing at the end of the stream.
  std::optional<v1::WatchRunResponse> Next();
  // The next message, which must be a status; -1 otherwise.
  int64_t NextSequence();
  // To be called once, after everything was read: what the stream ended with.
  grpc::Status End();
  void Cancel() { context_.TryCancel(); }
  const grpc::ClientContext& context() const { return context_; }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchRunResponse>> reader_;
  bool ended_ = false;
};

class RpcTest : public testing::Test {
 protected:
  RpcTest();
  ~RpcTest() override;

  // With `options`; once a test.
  void StartServer();
  std::shared_ptr<grpc::Channel> NewChannel(grpc::ChannelArguments arguments = {}) const;
  v1::RunStatusService::Stub& stub();

  grpc::Status GetStatus(const v1::GetStatusRequest& request, v1::GetStatusResponse* response);
  grpc::Status GetStatus(const v1::GetStatusRequest& request);

  bool WaitForNoCalls();
  // The value of a series, such as `runcast_stalls_total`, in the text of the metrics; -1 when
  // it is not there.
  double Metric(const std::string& series) const;

  base::SystemClock clock_;
  // What the server goes by. A test may put another one here before it starts it.
  std::shared_ptr<const base::Clock> server_clock_ = std::make_shared<base::SystemClock>();
  telemetry::Metrics metrics_;
  ScriptedAccess access_;
  fakes::FakeRunHub hub_;
  GrpcServer::Options options_;
  std::unique_ptr<GrpcServer> server_;

 private:
  std::unique_ptr<v1::RunStatusService::Stub> stub_;
};

}  // namespace runcast::rpc

#endif  // RUNCAST_TESTS_COMPONENT_RPC_RPC_FIXTURE_H_
