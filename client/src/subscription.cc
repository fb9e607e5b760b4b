#include "client/src/subscription.h"

namespace runcast::client {

Subscription::Subscription(WatchCallbacks callbacks) : callbacks_(std::move(callbacks)) {}

void Subscription::RunUnlocked(std::unique_lock<std::mutex>& lock,
                               absl::FunctionRef<void()> callback) {
  runner_ = std::this_thread::get_id();
  ++depth_;
  lock.unlock();
  callback();
  lock.lock();
  if (--depth_ == 0) idle_.notify_all();
}

void Subscription::Deliver(absl::FunctionRef<void()> callback) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!done_) RunUnlocked(lock, callback);
}

void Subscription::DeliverStatus(const v1::RunStatus& status) {
  Deliver([&] {
    if (callbacks_.on_status) callbacks_.on_status(status);
  });
}

void Subscription::DeliverHeartbeat(const v1::Heartbeat& heartbeat) {
  Deliver([&] {
    if (callbacks_.on_heartbeat) callbacks_.on_heartbeat(heartbeat);
  });
}

void Subscription::DeliverConnection(const ConnectionNews& news) {
  Deliver([&] {
    if (callbacks_.on_connection) callbacks_.on_connection(news);
  });
}

void Subscription::Finish(const absl::Status& status) {
  std::unique_lock<std::mutex> lock(mutex_);
  const bool inside = depth_ > 0 && runner_ == std::this_thread::get_id();
  // From now on the loop delivers nothing more, so that the wait below ends.
  const bool first = !done_;
  done_ = true;
  if (!inside) idle_.wait(lock, [this] { return depth_ == 0; });
  if (!first) return;
  RunUnlocked(lock, [&] {
    if (callbacks_.on_done) callbacks_.on_done(status);
  });
}

void Subscription::Cancel() {
  Finish(absl::CancelledError("the watch was cancelled"));
  if (on_cancel_) on_cancel_();
}

WatchHandle::WatchHandle(std::shared_ptr<Subscription> subscription)
    : subscription_(std::move(subscription)) {}

WatchHandle& WatchHandle::operator=(WatchHandle&& other) noexcept {
  if (this == &other) return *this;
  Cancel();
  subscription_ = std::move(other.subscription_);
  return *this;
}

WatchHandle::~WatchHandle() { Cancel(); }

void WatchHandle::Cancel() {
  if (!subscription_) return;
  // Moved out first: a callback may destroy or assign this handle.
  const auto subscription = std::move(subscription_);
  subscription->Cancel();
}

}  // namespace runcast::client
