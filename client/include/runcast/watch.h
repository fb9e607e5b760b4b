// A watch of one run: what it tells, and the handle that ends it.

#ifndef RUNCAST_WATCH_H_
#define RUNCAST_WATCH_H_

#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runcast/v1/run_status.pb.h"
#include "runcast/v1/run_status_service.pb.h"

namespace runcast::client {

class Subscription;

// How a watch stands towards the gateway. A watch heals by itself: this is for people.
struct ConnectionNews {
  enum class State {
    kConnecting,  // A stream is being opened.
    kOpen,        // The first message has come on this stream.
    kWaiting,     // The stream was lost; the next try comes after `retry_in`.
  };
  State state = State::kConnecting;
  absl::Status error{};       // With kWaiting: why the stream was lost.
  absl::Duration retry_in{};  // With kWaiting.
};

// All are optional. They run one after another, never two at a time for one watch, on the
// client's own thread; only `on_done(CANCELLED)` runs on the thread that cancels. `Watch` itself
// calls none, but one may run on the client's thread before `Watch` has returned. They may
// watch, cancel and destroy handles, but not destroy the client and not block for long: all
// watches of the client wait meanwhile.
struct WatchCallbacks {
  // Each status is the whole state. No duplicates, nothing goes back in time; statuses in
  // between may be skipped, the newest and the terminal one never.
  absl::AnyInvocable<void(const v1::RunStatus&)> on_status;
  absl::AnyInvocable<void(const v1::Heartbeat&)> on_heartbeat;
  absl::AnyInvocable<void(const ConnectionNews&)> on_connection;
  // Exactly once and last: OK after the terminal status, CANCELLED after a cancel (also by the end
  // of the client), else the error that waiting will not heal. A watch opened here while the client
  // ends is told CANCELLED too; one opened in answer to that, when its handle is cancelled or goes.
  absl::AnyInvocable<void(const absl::Status&)> on_done;
};

// Owns one watch; destroying it cancels. Threads: any, one at a time.
class WatchHandle {
 public:
  WatchHandle() = default;
  explicit WatchHandle(std::shared_ptr<Subscription> subscription);
  WatchHandle(WatchHandle&&) noexcept = default;
  WatchHandle& operator=(WatchHandle&& other) noexcept;
  // As `Cancel`.
  ~WatchHandle();

  // Ends the watch. When it returns, `on_done` has been called and no callback runs or will
  // run; it waits for one that is running on another thread. From inside a callback of this
  // watch it does not wait for that one. Does nothing on a watch that has ended.
  void Cancel();

 private:
  std::shared_ptr<Subscription> subscription_;
};

}  // namespace runcast::client

#endif  // RUNCAST_WATCH_H_
