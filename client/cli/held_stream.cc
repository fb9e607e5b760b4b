#include "client/cli/held_stream.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "client/src/call_metadata.h"
#include "client/src/status_translation.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "runcast/v1/run_status_service.grpc.pb.h"

namespace runcast::cli {

HeldStream::HeldStream(ObservedStream::Kind kind, absl::Duration interval,
                       const v1::RunReference& run, std::shared_ptr<grpc::Channel> channel)
    : channel_(std::move(channel)), started_(absl::Now()), last_word_(started_) {
  seen_.kind = kind;
  seen_.interval = interval;
  reader_ = std::thread([this, run] {
    if (seen_.kind == ObservedStream::Kind::kHealth) {
      ReadHealth();
    } else {
      ReadWatch(run);
    }
  });
}

HeldStream::~HeldStream() {
  if (reader_.joinable()) Stop();
}

void HeldStream::ReadWatch(const v1::RunReference& run) {
  v1::WatchRunRequest request;
  *request.mutable_run() = run;
  request.mutable_heartbeat_interval()->set_seconds(absl::ToInt64Seconds(seen_.interval));
  client::AddRunMetadata(run, context_);
  const auto stub = v1::RunStatusService::NewStub(channel_);
  const auto reader = stub->WatchRun(&context_, request);
  reader->WaitForInitialMetadata();
  OnHeaders();
  v1::WatchRunResponse response;
  while (reader->Read(&response)) {
    OnMessage();
    std::lock_guard lock(mutex_);
    if (response.has_heartbeat()) ++seen_.heartbeats;
    if (response.has_status() && response.status().terminal()) seen_.terminal = true;
  }
  OnEnd(client::TranslateStatus(reader->Finish(), ""));
}

void HeldStream::ReadHealth() {
  const auto stub = grpc::health::v1::Health::NewStub(channel_);
  const auto reader = stub->Watch(&context_, grpc::health::v1::HealthCheckRequest());
  reader->WaitForInitialMetadata();
  OnHeaders();
  grpc::health::v1::HealthCheckResponse response;
  while (reader->Read(&response)) OnMessage();
  OnEnd(client::TranslateStatus(reader->Finish(), ""));
}

void HeldStream::OnHeaders() {
  std::lock_guard lock(mutex_);
  seen_.answered = true;
  seen_.answered_after = absl::Now() - started_;
  last_word_ = absl::Now();
}

void HeldStream::OnMessage() {
  std::lock_guard lock(mutex_);
  const absl::Time now = absl::Now();
  seen_.longest_silence = std::max(seen_.longest_silence, now - last_word_);
  last_word_ = now;
  ++seen_.messages;
}

void HeldStream::OnEnd(const absl::Status& status) {
  {
    std::lock_guard lock(mutex_);
    const absl::Time now = absl::Now();
    seen_.lived = now - started_;
    seen_.last_word = now - last_word_;
    seen_.longest_silence = std::max(seen_.longest_silence, seen_.last_word);
    seen_.ended = !stopping_;
    // Headers are "there" for gRPC also when the call ended without any.
    if (seen_.ended && seen_.messages == 0 && !status.ok()) seen_.answered = false;
    seen_.end = status;
  }
  ended_ = true;
}

ObservedStream HeldStream::Stop() {
  if (!ended_) {
    stopping_ = true;
    context_.TryCancel();
  }
  reader_.join();
  std::lock_guard lock(mutex_);
  return seen_;
}

}  // namespace runcast::cli
