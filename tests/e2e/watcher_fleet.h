// Many watchers over a few connections, each with its history.
//
// Written on the bare stub: it must show what the gateway does, not what the client library hides.

#ifndef RUNCAST_TESTS_E2E_WATCHER_FLEET_H_
#define RUNCAST_TESTS_E2E_WATCHER_FLEET_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "runcast/v1/run_status_service.grpc.pb.h"
#include "tests/history/watch_history.h"

namespace runcast::e2e {

// Opens its streams in the constructor. A stream that ends before the terminal status is opened
// again after 100 ms with the last resume token, until the fleet is destroyed.
//
// Threads: any.
class WatcherFleet {
 public:
  struct Options {
    std::string address;  // host:port, plaintext.
    int connections = 1;
    int watchers = 1;
    bool reconnect = true;
    // The run of the watcher with this index.
    std::function<v1::RunReference(int)> run;
  };

  explicit WatcherFleet(Options options);
  // Cancels what is open and waits for it.
  ~WatcherFleet();
  WatcherFleet(const WatcherFleet&) = delete;
  WatcherFleet& operator=(const WatcherFleet&) = delete;

  // Waits until every watcher has what `wanted` asks for; false after `limit`.
  bool WaitForAll(const std::function<bool(const history::WatchHistory&)>& wanted,
                  absl::Duration limit);
  bool WaitForAllEnded(absl::Duration limit);

  // A copy of everything recorded so far.
  std::vector<history::WatchHistory> Histories() const;

 private:
  class Stream;
  struct Watcher {
    v1::RunReference run;
    v1::RunStatusService::Stub* stub;
    history::WatchHistory history;
    std::unique_ptr<Stream> stream;
    bool over = false;  // Nothing more will come.
  };

  void Open(Watcher& watcher);  // Needs mutex_.
  void OnMessage(Watcher& watcher, v1::WatchRunResponse message);
  void OnDone(Watcher& watcher, const grpc::Status& status);
  void ReopenLoop();

  const Options options_;
  std::vector<std::unique_ptr<v1::RunStatusService::Stub>> stubs_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Watcher>> watchers_;      // Content guarded by mutex_.
  std::deque<std::pair<absl::Time, Watcher*>> reopen_;  // Guarded by mutex_.
  std::vector<std::unique_ptr<Stream>> finished_;       // Guarded by mutex_.
  int open_streams_ = 0;                                // Guarded by mutex_.
  bool stopping_ = false;                               // Guarded by mutex_.
  std::thread reopener_;
};

}  // namespace runcast::e2e

#endif  // RUNCAST_TESTS_E2E_WATCHER_FLEET_H_
