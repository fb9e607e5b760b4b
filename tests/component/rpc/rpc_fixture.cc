#include "tests/component/rpc/rpc_fixture.h"

#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace runcast::rpc {
namespace {

std::chrono::system_clock::time_point Deadline() {
  return absl::ToChronoTime(absl::Now() + 2 * kWaitLimit);
}

v1::RunReference Reference(const std::string& run_id) {
  v1::RunReference reference;
  reference.set_stream_id("st-1");
  reference.set_suite_name("Smoke / täglich");
  reference.set_run_id(run_id);
  return reference;
}

}  // namespace

bool WaitUntil(const std::function<bool()>& condition, absl::Duration limit) {
  const absl::Time end = absl::Now() + limit;
  while (!condition()) {
    if (absl::Now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

access::Verdict ScriptedAccess::Check(const access::AccessRequest& request) const {
  ++checks_;
  return request.report_link ? link_verdict_ : verdict_;
}

base::RunKey Key(const std::string& run_id) {
  const v1::RunReference reference = Reference(run_id);
  return {reference.stream_id(), reference.suite_name(), reference.run_id(), ""};
}

v1::WatchRunRequest WatchRequest(const std::string& run_id) {
  v1::WatchRunRequest request;
  *request.mutable_run() = Reference(run_id);
  return request;
}

v1::WatchRunRequest WithHeartbeat(absl::Duration interval) {
  v1::WatchRunRequest request = WatchRequest();
  request.mutable_heartbeat_interval()->set_seconds(absl::ToInt64Seconds(interval));
  request.mutable_heartbeat_interval()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(interval % absl::Seconds(1))));
  return request;
}

v1::GetStatusRequest StatusRequest(const std::string& run_id) {
  v1::GetStatusRequest request;
  *request.mutable_run() = Reference(run_id);
  return request;
}

v1::RunStatus Running(uint64_t sequence, int64_t done, uint64_t epoch) {
  v1::RunStatus status;
  *status.mutable_run() = Reference("tr-1");
  status.set_state(v1::RUN_STATE_RUNNING);
  status.set_raw_state("running");
  status.mutable_progress()->set_utterances_done(done);
  status.mutable_progress()->set_utterances_total(10);
  status.set_sequence(sequence);
  status.set_epoch(epoch);
  status.mutable_freshness()->set_state(v1::Freshness::STATE_FRESH);
  return status;
}

v1::RunStatus Completed(uint64_t sequence, uint64_t epoch) {
  v1::RunStatus status = Running(sequence, 10, epoch);
  status.set_state(v1::RUN_STATE_COMPLETED);
  status.set_raw_state("completed");
  status.set_terminal(true);
  return status;
}

runs::SnapshotPtr Frozen(v1::RunStatus status) { return runs::Snapshot::Make(std::move(status)); }

runs::RunError Error(runs::Reason reason, bool after_upstream) {
  runs::RunError error;
  error.reason = reason;
  error.after_upstream = after_upstream;
  return error;
}

std::string ReasonOf(const grpc::Status& status) {
  const auto info = DetailOf<details::v1::ErrorInfo>(status, "google.rpc.ErrorInfo");
  return info && info->domain() == "runcast.v1" ? info->reason() : "";
}

Watch::Watch(v1::RunStatusService::Stub& stub, const v1::WatchRunRequest& request,
             const std::string& client_id) {
  if (!client_id.empty()) context_.AddMetadata("l5d-client-id", client_id);
  context_.set_deadline(Deadline());
  reader_ = stub.WatchRun(&context_, request);
}

Watch::~Watch() {
  if (ended_) return;
  Cancel();
  v1::WatchRunResponse response;
  while (reader_->Read(&response)) {
  }
  reader_->Finish();
}

std::optional<v1::WatchRunResponse> Watch::Next() {
  v1::WatchRunResponse response;
  if (!reader_->Read(&response)) return std::nullopt;
  return response;
}

int64_t Watch::NextSequence() {
  const std::optional<v1::WatchRunResponse> response = Next();
  if (!response || !response->has_status()) return -1;
  return static_cast<int64_t>(response->status().sequence());
}

grpc::Status Watch::End() {
  ended_ = true;
  return reader_->Finish();
}

RpcTest::RpcTest() {
  options_.loops = 2;
  options_.limits.tick = absl::Milliseconds(5);
}

RpcTest::~RpcTest() {
  stub_ = nullptr;
  server_ = nullptr;
}

void RpcTest::StartServer() {
  auto started = GrpcServer::Start(options_, {hub_, access_, *server_clock_, metrics_});
  ASSERT_TRUE(started.ok()) << started.status();
  server_ = std::move(*started);
  stub_ = v1::RunStatusService::NewStub(NewChannel());
}

std::shared_ptr<grpc::Channel> RpcTest::NewChannel(grpc::ChannelArguments arguments) const {
  // Each channel with a connection of its own.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", server_->port()),
                                   grpc::InsecureChannelCredentials(), arguments);
}

v1::RunStatusService::Stub& RpcTest::stub() { return *stub_; }

grpc::Status RpcTest::GetStatus(const v1::GetStatusRequest& request,
                                v1::GetStatusResponse* response) {
  grpc::ClientContext context;
  context.set_deadline(Deadline());
  return stub_->GetStatus(&context, request, response);
}

grpc::Status RpcTest::GetStatus(const v1::GetStatusRequest& request) {
  v1::GetStatusResponse response;
  return GetStatus(request, &response);
}

double RpcTest::Metric(const std::string& series) const {
  for (const absl::string_view line : absl::StrSplit(metrics_.WriteText(), '\n')) {
    absl::string_view rest = line;
    double value = -1;
    if (absl::ConsumePrefix(&rest, series) && absl::StartsWith(rest, " ") &&
        absl::SimpleAtod(rest, &value)) {
      return value;
    }
  }
  return -1;
}

bool RpcTest::WaitForNoCalls() {
  return WaitUntil([&] { return server_->live_calls() == 0; });
}

}  // namespace runcast::rpc
