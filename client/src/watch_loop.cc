#include "client/src/watch_loop.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/src/run_reference_check.h"
#include "client/src/status_translation.h"

namespace runcast::client {
namespace {

// References that ask the gateway for the same thing have the same key.
std::string KeyOf(v1::RunReference run) {
  if (run.kind() == v1::RUN_KIND_UNSPECIFIED) run.set_kind(v1::RUN_KIND_BATCH_TEST);
  return run.SerializeAsString();
}

}  // namespace

WatchLoop::WatchLoop(RunStream::Options options, std::shared_ptr<ChannelPool> channels)
    : options_(options), channels_(std::move(channels)) {}

WatchHandle WatchLoop::Watch(const v1::RunReference& run, WatchCallbacks callbacks) {
  auto subscription = std::make_shared<Subscription>(std::move(callbacks));
  if (const absl::Status fault = CheckRunReference(run); !fault.ok()) {
    Begin(subscription,
          [subscription, fault] { subscription->Finish(WithContext(fault, "watch")); });
    return WatchHandle(std::move(subscription));
  }
  const std::string key = KeyOf(run);
  subscription->set_on_cancel([self = weak_from_this(), key, raw = subscription.get()] {
    const auto loop = self.lock();
    if (!loop) return;
    loop->loop_.Post([plain = loop.get(), key, raw] { plain->Leave(key, raw); });
  });
  Begin(subscription, [this, key, run, subscription] { Join(key, run, subscription); });
  return WatchHandle(std::move(subscription));
}

void WatchLoop::Begin(const std::shared_ptr<Subscription>& subscription, Task task) {
  // While the client ends, nobody watches but a callback, which runs on the loop.
  if (!loop_.Post(std::move(task))) late_.push_back(subscription);
}

void WatchLoop::Join(const std::string& key, const v1::RunReference& run,
                     const std::shared_ptr<Subscription>& subscription) {
  auto& stream = streams_[key];
  if (stream == nullptr) {
    stream = std::make_unique<RunStream>(
        run, options_, [this] { return std::uniform_real_distribution<double>(0, 1)(random_); },
        loop_, opener_, [this, key] { streams_.erase(key); });
  }
  stream->Add(subscription);
}

void WatchLoop::Leave(const std::string& key, const Subscription* subscription) {
  const auto stream = streams_.find(key);
  if (stream == streams_.end()) return;
  stream->second->Remove(subscription);
  if (stream->second->empty()) streams_.erase(stream);
}

void WatchLoop::Stop() {
  loop_.Stop([this] {
    const absl::Status closed = absl::CancelledError("the client was closed");
    for (auto& [key, stream] : streams_) stream->Abort(closed);
    streams_.clear();
    // Their callbacks may have opened more. Those that these open in turn end with their handles:
    // whoever answers every end with another watch must not keep the client from ending.
    for (const auto& subscription : std::exchange(late_, {})) subscription->Finish(closed);
    late_.clear();
  });
}

}  // namespace runcast::client
