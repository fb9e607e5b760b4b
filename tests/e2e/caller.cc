#include "tests/e2e/caller.h"

#include <chrono>
#include <utility>

#include "tests/e2e/capture.h"

namespace runcast::e2e {
namespace {

constexpr absl::Duration kPause = absl::Milliseconds(20);

void Prepare(grpc::ClientContext& context, const Headers& headers) {
  for (const auto& [name, value] : headers) context.AddMetadata(name, value);
  context.set_deadline(absl::ToChronoTime(absl::Now() + 3 * kWaitLimit));
}

CallEnd EndOf(grpc::Status status, const grpc::ClientContext& context) {
  CallEnd end{.status = std::move(status), .trailers = {}};
  for (const auto& [name, value] : context.GetServerTrailingMetadata()) {
    end.trailers.emplace(std::string(name.data(), name.size()),
                         std::string(value.data(), value.size()));
  }
  return end;
}

std::shared_ptr<grpc::Channel> NewChannel(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  // Without it all channels to one address share one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // By its name a pause; by what it does the time that connecting may take.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 10'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  // No call is repeated behind the test's back.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, -1);
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

}  // namespace

OpenWatch::OpenWatch(v1::RunStatusService::Stub& stub, const v1::WatchRunRequest& request,
                     const Headers& headers)
    : request_(request) {
  Prepare(context_, headers);
  reader_ = std::thread([this, &stub] { Read(stub); });
}

OpenWatch::~OpenWatch() {
  context_.TryCancel();
  reader_.join();
}

void OpenWatch::Read(v1::RunStatusService::Stub& stub) {
  const auto stream = stub.WatchRun(&context_, request_);
  v1::WatchRunResponse message;
  while (stream->Read(&message)) {
    std::lock_guard lock(mutex_);
    messages_.push_back(message);
    changed_.notify_all();
  }
  CallEnd end = EndOf(stream->Finish(), context_);
  std::lock_guard lock(mutex_);
  end_ = std::move(end);
  changed_.notify_all();
}

std::optional<v1::WatchRunResponse> OpenWatch::WaitFor(const Wanted& wanted, size_t from,
                                                       absl::Duration limit) {
  std::unique_lock lock(mutex_);
  std::optional<v1::WatchRunResponse> found;
  changed_.wait_for(lock, absl::ToChronoMilliseconds(limit), [&] {
    for (; from < messages_.size(); ++from) {
      if (wanted(messages_[from])) {
        found = messages_[from];
        return true;
      }
    }
    return end_.has_value();
  });
  return found;
}

std::optional<v1::RunStatus> OpenWatch::WaitForStatus(
    const std::function<bool(const v1::RunStatus&)>& wanted, size_t from) {
  const auto message = WaitFor(
      [&](const v1::WatchRunResponse& each) { return each.has_status() && wanted(each.status()); },
      from);
  if (!message.has_value()) return std::nullopt;
  return message->status();
}

std::optional<v1::Freshness> OpenWatch::WaitForFreshness(v1::Freshness::State state, size_t from) {
  const auto freshness_of = [](const v1::WatchRunResponse& message) {
    return message.has_status() ? message.status().freshness() : message.heartbeat().freshness();
  };
  const auto message = WaitFor(
      [&](const v1::WatchRunResponse& each) { return freshness_of(each).state() == state; }, from);
  if (!message.has_value()) return std::nullopt;
  return freshness_of(*message);
}

std::optional<CallEnd> OpenWatch::WaitForEnd(absl::Duration limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoMilliseconds(limit), [&] { return end_.has_value(); });
  return end_;
}

bool OpenWatch::is_open() const {
  std::lock_guard lock(mutex_);
  return !end_.has_value();
}

std::vector<v1::WatchRunResponse> OpenWatch::messages() const {
  std::lock_guard lock(mutex_);
  return messages_;
}

std::string OpenWatch::resume_token() const {
  std::lock_guard lock(mutex_);
  return messages_.empty() ? "" : messages_.back().resume_token();
}

Caller::Caller(const std::string& address,
               const std::shared_ptr<grpc::ChannelCredentials>& credentials)
    : channel_(NewChannel(address, credentials)), stub_(v1::RunStatusService::NewStub(channel_)) {}

StatusAnswer Caller::GetStatus(const v1::GetStatusRequest& request, const Headers& headers) {
  grpc::ClientContext context;
  Prepare(context, headers);
  StatusAnswer answer;
  grpc::Status status = stub_->GetStatus(&context, request, &answer.response);
  answer.end = EndOf(std::move(status), context);
  if (!answer.response.report_link().empty()) CaptureLink(answer.response.report_link());
  return answer;
}

StatusAnswer Caller::GetStatus(const v1::RunReference& run) {
  v1::GetStatusRequest request;
  *request.mutable_run() = run;
  return GetStatus(request);
}

StatusAnswer Caller::GetNewStatus(const v1::RunReference& run) {
  v1::GetStatusRequest request;
  *request.mutable_run() = run;
  request.mutable_max_staleness();  // Zero.
  return GetStatus(request);
}

StatusAnswer Caller::GetStatusUntil(const v1::GetStatusRequest& request,
                                    const std::function<bool(const StatusAnswer&)>& wanted) {
  const absl::Time end = absl::Now() + kWaitLimit;
  StatusAnswer answer = GetStatus(request);
  while (!wanted(answer) && absl::Now() < end) {
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(kPause));
    answer = GetStatus(request);
  }
  return answer;
}

std::unique_ptr<OpenWatch> Caller::Watch(const v1::WatchRunRequest& request,
                                         const Headers& headers) {
  return std::make_unique<OpenWatch>(*stub_, request, headers);
}

std::unique_ptr<OpenWatch> Caller::Watch(const v1::RunReference& run,
                                         const std::string& resume_token) {
  v1::WatchRunRequest request;
  *request.mutable_run() = run;
  request.set_resume_token(resume_token);
  return Watch(request);
}

v1::WatchRunRequest TalkativeWatch(const v1::RunReference& run) {
  v1::WatchRunRequest request;
  *request.mutable_run() = run;
  request.mutable_heartbeat_interval()->set_seconds(5);
  return request;
}

}  // namespace runcast::e2e
