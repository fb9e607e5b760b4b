#include "tests/component/client/scripted_gateway.h"

#include <grpcpp/server_builder.h>

#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "runcast/details/v1/error_details.pb.h"

namespace runcast::tests {
namespace {

constexpr std::chrono::seconds kLimit(20);

// How often a held call looks whether its client is still there.
constexpr std::chrono::milliseconds kLook(5);

std::string Loopback(int port) { return absl::StrCat("127.0.0.1:", port); }

// Of the client's header of this name, the empty text without.
std::string HeaderOf(const grpc::ServerContext& context, const char* name) {
  const auto header = context.client_metadata().find(name);
  if (header == context.client_metadata().end()) return "";
  return std::string(header->second.data(), header->second.size());
}

}  // namespace

bool ScriptedGateway::WatchCall::Send(const v1::RunStatus& status, const std::string& token) {
  v1::WatchRunResponse response;
  *response.mutable_status() = status;
  *response.mutable_status()->mutable_run() = request_.run();
  response.set_resume_token(token);
  return writer_.Write(response);
}

bool ScriptedGateway::WatchCall::SendHeartbeat(const std::string& token) {
  v1::WatchRunResponse response;
  response.mutable_heartbeat();
  response.set_resume_token(token);
  return writer_.Write(response);
}

bool ScriptedGateway::WatchCall::Send(const v1::Heartbeat& heartbeat) {
  v1::WatchRunResponse response;
  *response.mutable_heartbeat() = heartbeat;
  return writer_.Write(response);
}

grpc::Status ScriptedGateway::WatchCall::HoldOpen() {
  std::unique_lock<std::mutex> lock(gateway_.mutex_);
  while (!gateway_.stopping_ && !context_.IsCancelled()) gateway_.changed_.wait_for(lock, kLook);
  return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the scripted gateway stops");
}

ScriptedGateway::ScriptedGateway(Options options)
    : options_(std::move(options)), place_(options_.place) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(
      Loopback(options_.place.port),
      options_.credentials != nullptr ? options_.credentials : grpc::InsecureServerCredentials(),
      &place_.port);
  if (options_.max_streams_per_connection > 0) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                               options_.max_streams_per_connection);
  }
  // So that a restart on the same port, and nobody else's server, gets the port.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  if (place_.proxy == nullptr && options_.credentials == nullptr) {
    place_.proxy = Proxy::FromEnvironment(
        Loopback(place_.port), {.max_streams_per_connection = options_.max_streams_per_connection});
  }
}

ScriptedGateway::~ScriptedGateway() { Stop(); }

std::string ScriptedGateway::target() const {
  return place_.proxy != nullptr ? place_.proxy->target() : Loopback(place_.port);
}

void ScriptedGateway::Stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  // gRPC has waited for the calls already; this is the same in a way that ThreadSanitizer sees.
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return open_calls_ == 0; });
}

void ScriptedGateway::RecordCallLocked(const grpc::ServerContext& context) {
  // A proxy has connections of its own.
  const std::string client = HeaderOf(context, "x-forwarded-for");
  peers_.insert(client.empty() ? context.peer() : client);
  run_headers_.push_back(HeaderOf(context, "x-runcast-run"));
  ++open_calls_;
  changed_.notify_all();
}

void ScriptedGateway::EndCallLocked() {
  --open_calls_;
  changed_.notify_all();  // Under the lock: the destructor may be what waits.
}

grpc::Status ScriptedGateway::WatchRun(grpc::ServerContext* context,
                                       const v1::WatchRunRequest* request,
                                       grpc::ServerWriter<v1::WatchRunResponse>* writer) {
  int number = 0;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    number = static_cast<int>(watch_requests_.size());
    watch_requests_.push_back(*request);
    RecordCallLocked(*context);
    ++open_watches_;
  }
  WatchCall call(*this, number, *context, *request, *writer);
  grpc::Status status = options_.watch(call);
  std::lock_guard<std::mutex> lock(mutex_);
  --open_watches_;
  EndCallLocked();
  return status;
}

grpc::Status ScriptedGateway::GetStatus(grpc::ServerContext* context,
                                        const v1::GetStatusRequest* request,
                                        v1::GetStatusResponse* response) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ++get_calls_;
    RecordCallLocked(*context);
  }
  grpc::Status status = options_.get(*context, *request, response);
  std::lock_guard<std::mutex> lock(mutex_);
  EndCallLocked();
  return status;
}

std::vector<v1::WatchRunRequest> ScriptedGateway::watch_requests() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return watch_requests_;
}

std::vector<std::string> ScriptedGateway::run_headers() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return run_headers_;
}

std::set<std::string> ScriptedGateway::peers() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return peers_;
}

int ScriptedGateway::get_calls() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return get_calls_;
}

int ScriptedGateway::open_watches() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return open_watches_;
}

grpc::Status ScriptedGateway::HoldUntilCancelled(const grpc::ServerContext& context) {
  while (!context.IsCancelled()) std::this_thread::sleep_for(kLook);
  return grpc::Status::CANCELLED;
}

bool ScriptedGateway::WaitUntil(const std::function<bool()>& done) const {
  const auto limit = std::chrono::steady_clock::now() + kLimit;
  while (!done()) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (std::chrono::steady_clock::now() > limit) return false;
    changed_.wait_for(lock, kLook);
  }
  return true;
}

v1::RunStatus Running(uint64_t epoch, uint64_t sequence, int64_t done, int64_t total) {
  v1::RunStatus status;
  *status.mutable_run() = TestRun();
  status.set_state(v1::RUN_STATE_RUNNING);
  status.set_raw_state("running");
  status.mutable_progress()->set_utterances_done(done);
  status.mutable_progress()->set_utterances_total(total);
  status.mutable_progress()->set_percent(100.0 * static_cast<double>(done) /
                                         static_cast<double>(total));
  status.set_epoch(epoch);
  status.set_sequence(sequence);
  status.mutable_observed_at()->set_seconds(absl::ToUnixSeconds(absl::Now()));
  status.mutable_freshness()->set_state(v1::Freshness::STATE_FRESH);
  return status;
}

v1::RunStatus Completed(uint64_t epoch, uint64_t sequence) {
  v1::RunStatus status = Running(epoch, sequence, 40);
  status.set_state(v1::RUN_STATE_COMPLETED);
  status.set_raw_state("completed");
  status.set_terminal(true);
  status.mutable_result()->set_succeeded(36);
  status.mutable_result()->set_failed(4);
  status.mutable_result()->set_precision(0.97);
  status.mutable_result()->set_recall(0.92);
  status.mutable_result()->set_f1_score(0.95);
  return status;
}

grpc::Status GatewayError(grpc::StatusCode code, const std::string& message,
                          const std::string& reason, absl::Duration retry_delay) {
  details::v1::Status details;
  details.set_code(static_cast<int>(code));
  details.set_message(message);
  details::v1::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("runcast.v1");
  auto* detail = details.add_details();
  detail->set_type_url("type.googleapis.com/google.rpc.ErrorInfo");
  detail->set_value(info.SerializeAsString());
  if (retry_delay > absl::ZeroDuration()) {
    details::v1::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(retry_delay));
    retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(
        absl::ToInt64Nanoseconds(retry_delay - absl::Seconds(absl::ToInt64Seconds(retry_delay)))));
    detail = details.add_details();
    detail->set_type_url("type.googleapis.com/google.rpc.RetryInfo");
    detail->set_value(retry.SerializeAsString());
  }
  return grpc::Status(code, message, details.SerializeAsString());
}

v1::RunReference TestRun(const std::string& run_id) {
  v1::RunReference run;
  run.set_stream_id("st-1");
  run.set_suite_name("smoke tests");
  run.set_run_id(run_id);
  return run;
}

}  // namespace runcast::tests
