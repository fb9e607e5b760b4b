#include "tests/faults/bare_watchers.h"

#include <grpcpp/grpcpp.h>

#include "tests/e2e/error_details.h"

namespace runcast::faults {
namespace {

using history::MonotonicNow;

constexpr absl::Duration kPause = absl::Milliseconds(100);

std::unique_ptr<v1::RunStatusService::Stub> NewStub(const std::string& address) {
  grpc::ChannelArguments arguments;
  // Without it all channels to one address share one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // By its name a pause; by what it does the time that connecting may take.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 10'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  // What would be repeated behind our back would not be in the history.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return v1::RunStatusService::NewStub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
}

}  // namespace

class BareWatchers::Stream final : public grpc::ClientReadReactor<v1::WatchRunResponse> {
 public:
  Stream(BareWatchers& set, size_t watcher, std::shared_ptr<v1::RunStatusService::Stub> stub,
         const std::string& token)
      : set_(set), watcher_(watcher), stub_(std::move(stub)) {
    *request_.mutable_run() = set.options_.runs[watcher];
    request_.set_resume_token(token);
    stub_->async()->WatchRun(&context_, &request_, this);
    StartRead(&message_);
    StartCall();
  }

  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    set_.record_.OnMessage(watcher_, std::move(message_));
    message_.Clear();
    StartRead(&message_);
  }
  void OnDone(const grpc::Status& status) override { set_.OnDone(watcher_, status); }

 private:
  BareWatchers& set_;
  const size_t watcher_;
  const std::shared_ptr<v1::RunStatusService::Stub> stub_;
  grpc::ClientContext context_;
  v1::WatchRunRequest request_;
  v1::WatchRunResponse message_;
};

BareWatchers::BareWatchers(WatcherOptions options, WatchRecord& record)
    : options_(std::move(options)), record_(record), seats_(options_.runs.size()) {
  std::lock_guard lock(mutex_);
  Connect();
  for (size_t i = 0; i < seats_.size(); ++i) Open(i);
  reopener_ = std::thread([this] { ReopenLoop(); });
}

BareWatchers::~BareWatchers() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const Seat& seat : seats_) {
      if (seat.stream != nullptr) seat.stream->Cancel();
    }
    changed_.notify_all();
  }
  reopener_.join();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return open_streams_ == 0; });
}

void BareWatchers::Reopen(bool anew) {
  std::unique_lock lock(mutex_);
  Connect();
  at_once_ = true;
  for (Seat& seat : seats_) {
    seat.anew = anew;
    if (seat.stream != nullptr) seat.stream->Cancel();
  }
  // A stream that was just about to be opened again is not waited for.
  changed_.wait_for(lock, std::chrono::seconds(10), [&] { return open_streams_ == 0; });
  for (auto& entry : reopen_) entry.first = absl::InfinitePast();
  at_once_ = false;
  changed_.notify_all();
}

void BareWatchers::Connect() {
  stubs_.clear();
  for (int i = 0; i < options_.connections; ++i) stubs_.push_back(NewStub(options_.address));
}

void BareWatchers::Open(size_t watcher) {
  Seat& seat = seats_[watcher];
  ++open_streams_;
  if (seat.anew) {
    record_.OnOpenedAnew(watcher);
  } else {
    record_.OnOpened(watcher);
  }
  seat.anew = false;
  seat.stream = std::make_unique<Stream>(*this, watcher, stubs_[watcher % stubs_.size()],
                                         record_.TokenOf(watcher));
}

void BareWatchers::OnDone(size_t watcher, const grpc::Status& status) {
  std::string reason = e2e::ReasonOf(status);
  if (reason.empty()) reason = status.error_message();
  record_.OnEnded(watcher, static_cast<int>(status.error_code()), reason);
  std::lock_guard lock(mutex_);
  // The stream cannot be destroyed inside its own callback.
  finished_.push_back(std::move(seats_[watcher].stream));
  --open_streams_;
  if (!status.ok() && options_.reconnect && !stopping_) {
    reopen_.emplace_back(at_once_ ? absl::InfiniteFuture() : MonotonicNow() + kPause, watcher);
  }
  changed_.notify_all();
}

void BareWatchers::ReopenLoop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    // Streams come back in the order in which they went, so the first is the one to wait for.
    if (reopen_.empty() || MonotonicNow() < reopen_.front().first) {
      changed_.wait_for(lock, std::chrono::milliseconds(20));
      continue;
    }
    const size_t watcher = reopen_.front().second;
    reopen_.pop_front();
    Open(watcher);
  }
}

class SilentReaders::Stream final : public grpc::ClientReadReactor<v1::WatchRunResponse> {
 public:
  Stream(v1::RunStatusService::Stub& stub, const v1::RunReference& run) {
    *request_.mutable_run() = run;
    stub.async()->WatchRun(&context_, &request_, this);
    StartCall();
  }
  ~Stream() override {
    context_.TryCancel();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10), [&] { return done_; });
  }
  void OnDone(const grpc::Status&) override {
    std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  grpc::ClientContext context_;
  v1::WatchRunRequest request_;
};

SilentReaders::SilentReaders(const WatcherOptions& options, int count) {
  for (int i = 0; i < options.connections && i < count; ++i) {
    stubs_.push_back(NewStub(options.address));
  }
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    streams_.push_back(std::make_unique<Stream>(*stubs_[i % stubs_.size()],
                                                options.runs[i % options.runs.size()]));
  }
}

SilentReaders::~SilentReaders() = default;

}  // namespace runcast::faults
