// One watch as its owner sees it: the callbacks, and the promise that they end.

#ifndef RUNCAST_CLIENT_SRC_SUBSCRIPTION_H_
#define RUNCAST_CLIENT_SRC_SUBSCRIPTION_H_

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "runcast/watch.h"

namespace runcast::client {

// Shared by the handle and the loop; whichever lets go last destroys it.
//
// Threads: the loop delivers, any thread cancels; callbacks run without the lock held, one at a
//   time. A callback may call back into its own subscription.
class Subscription {
 public:
  explicit Subscription(WatchCallbacks callbacks);

  // From the loop. After the end they do nothing.
  void DeliverStatus(const v1::RunStatus& status);
  void DeliverHeartbeat(const v1::Heartbeat& heartbeat);
  void DeliverConnection(const ConnectionNews& news);
  // Calls `on_done` if nobody has, and returns when it has run.
  void Finish(const absl::Status& status);

  // Finishes with CANCELLED from the calling thread, then tells the loop by `on_cancel`.
  void Cancel();

  // What tells the loop to forget this subscription. Set before it is shared.
  void set_on_cancel(absl::AnyInvocable<void()> on_cancel) { on_cancel_ = std::move(on_cancel); }

 private:
  // Runs `callback` unless the watch has ended.
  void Deliver(absl::FunctionRef<void()> callback);
  // Waits until no other thread runs a callback, then runs `callback` with the lock let go.
  void RunUnlocked(std::unique_lock<std::mutex>& lock, absl::FunctionRef<void()> callback);

  WatchCallbacks callbacks_;
  absl::AnyInvocable<void()> on_cancel_;

  std::mutex mutex_;
  std::condition_variable idle_;
  bool done_ = false;       // Guarded by mutex_.
  int depth_ = 0;           // Guarded by mutex_: callbacks within callbacks.
  std::thread::id runner_;  // Guarded by mutex_: who runs a callback while depth_ > 0.
};

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_SUBSCRIPTION_H_
