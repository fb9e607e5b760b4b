#include "tests/e2e/watcher_fleet.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>

#include "absl/time/clock.h"

namespace runcast::e2e {

class WatcherFleet::Stream final : public grpc::ClientReadReactor<v1::WatchRunResponse> {
 public:
  Stream(WatcherFleet& fleet, Watcher& watcher) : fleet_(fleet), watcher_(watcher) {
    *request_.mutable_run() = watcher.run;
    request_.set_resume_token(watcher.history.resume_token());
    watcher.stub->async()->WatchRun(&context_, &request_, this);
    StartRead(&message_);
    StartCall();
  }

  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    fleet_.OnMessage(watcher_, std::move(message_));
    message_.Clear();
    StartRead(&message_);
  }
  void OnDone(const grpc::Status& status) override { fleet_.OnDone(watcher_, status); }

 private:
  WatcherFleet& fleet_;
  Watcher& watcher_;
  grpc::ClientContext context_;
  v1::WatchRunRequest request_;
  v1::WatchRunResponse message_;
};

WatcherFleet::WatcherFleet(Options options) : options_(std::move(options)) {
  for (int i = 0; i < options_.connections; ++i) {
    grpc::ChannelArguments arguments;
    // Without it all channels to one address share one connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    // By its name a pause; by what it does the time that connecting may take.
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 10'000);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
    stubs_.push_back(v1::RunStatusService::NewStub(grpc::CreateCustomChannel(
        options_.address, grpc::InsecureChannelCredentials(), arguments)));
  }
  std::lock_guard lock(mutex_);
  for (int i = 0; i < options_.watchers; ++i) {
    auto watcher = std::make_unique<Watcher>();
    watcher->run = options_.run(i);
    watcher->stub = stubs_[static_cast<size_t>(i % options_.connections)].get();
    Open(*watcher);
    watchers_.push_back(std::move(watcher));
  }
  reopener_ = std::thread([this] { ReopenLoop(); });
}

WatcherFleet::~WatcherFleet() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& watcher : watchers_) {
      if (watcher->stream != nullptr) watcher->stream->Cancel();
    }
    changed_.notify_all();
  }
  reopener_.join();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return open_streams_ == 0; });
}

void WatcherFleet::Open(Watcher& watcher) {
  ++open_streams_;
  watcher.history.OnOpened(absl::Now());
  watcher.stream = std::make_unique<Stream>(*this, watcher);
}

void WatcherFleet::OnMessage(Watcher& watcher, v1::WatchRunResponse message) {
  std::lock_guard lock(mutex_);
  watcher.history.OnMessage(absl::Now(), std::move(message));
  changed_.notify_all();
}

void WatcherFleet::OnDone(Watcher& watcher, const grpc::Status& status) {
  std::lock_guard lock(mutex_);
  watcher.history.OnEnded(absl::Now(),
                          {static_cast<int>(status.error_code()), status.error_message()});
  // The stream cannot be destroyed inside its own callback.
  finished_.push_back(std::move(watcher.stream));
  --open_streams_;
  if (status.ok() || !options_.reconnect || stopping_) {
    watcher.over = true;
  } else {
    reopen_.emplace_back(absl::Now() + absl::Milliseconds(100), &watcher);
  }
  changed_.notify_all();
}

void WatcherFleet::ReopenLoop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (reopen_.empty() || absl::Now() < reopen_.front().first) {
      changed_.wait_for(lock, std::chrono::milliseconds(20));
      continue;
    }
    Watcher& watcher = *reopen_.front().second;
    reopen_.pop_front();
    Open(watcher);
  }
}

bool WatcherFleet::WaitForAll(const std::function<bool(const history::WatchHistory&)>& wanted,
                              absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  size_t satisfied = 0;
  std::unique_lock lock(mutex_);
  while (absl::Now() < deadline) {
    // A watcher that was satisfied stays so: histories only grow.
    while (satisfied < watchers_.size() && wanted(watchers_[satisfied]->history)) ++satisfied;
    if (satisfied == watchers_.size()) return true;
    changed_.wait_for(lock, std::chrono::milliseconds(50));
  }
  return false;
}

bool WatcherFleet::WaitForAllEnded(absl::Duration limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, absl::ToChronoMilliseconds(limit), [&] {
    return std::all_of(watchers_.begin(), watchers_.end(),
                       [](const auto& watcher) { return watcher->over; });
  });
}

std::vector<history::WatchHistory> WatcherFleet::Histories() const {
  std::lock_guard lock(mutex_);
  std::vector<history::WatchHistory> histories;
  for (const auto& watcher : watchers_) histories.push_back(watcher->history);
  return histories;
}

}  // namespace runcast::e2e
