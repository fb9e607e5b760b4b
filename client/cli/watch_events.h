// Brings what happens to a watch, and signals, to one waiting thread.

#ifndef RUNCAST_CLIENT_CLI_WATCH_EVENTS_H_
#define RUNCAST_CLIENT_CLI_WATCH_EVENTS_H_

#include <deque>
#include <mutex>
#include <optional>
#include <variant>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runcast/v1/run_status.pb.h"
#include "runcast/watch.h"

namespace runcast::cli {

// SIGINT or SIGTERM came.
struct Interrupted {};

using WatchEvent = std::variant<v1::RunStatus, v1::Heartbeat, client::ConnectionNews,
                                absl::Status /* the end */, Interrupted>;

// Threads: `Put` from any, `Wait` from one.
// Lifetime: made before any other thread starts, because it blocks the two signals for all of
//   them; ReleaseSignals, or else the destructor, lets them through again.
class WatchEvents {
 public:
  // While the descriptor `output` (-1: none) takes nothing more, events are held back: who blocks
  // in writing one down hears of no signal, and does not see that the time is over. A pipe that is
  // not full takes 4 kB, and few lines are longer.
  explicit WatchEvents(int output);
  ~WatchEvents();
  WatchEvents(const WatchEvents&) = delete;
  WatchEvents& operator=(const WatchEvents&) = delete;

  void Put(WatchEvent event);
  // The next event, or nothing when none comes within `limit`. A signal overtakes the others,
  // and is not held back.
  std::optional<WatchEvent> Wait(absl::Duration limit);
  // On the thread that has made it; `Wait` tells of no signal any more.
  void ReleaseSignals();

 private:
  bool HasEvent();
  bool HasRoom() const;

  const int output_;
  int signal_fd_;
  int wake_fd_;
  std::mutex mutex_;
  std::deque<WatchEvent> events_;  // Guarded by mutex_.
};

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_WATCH_EVENTS_H_
