// Watchers on the bare stub: they show what the gateway does, not what the client library hides.

#ifndef RUNCAST_TESTS_FAULTS_BARE_WATCHERS_H_
#define RUNCAST_TESTS_FAULTS_BARE_WATCHERS_H_

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "runcast/v1/run_status_service.grpc.pb.h"
#include "tests/faults/watcher_set.h"

namespace runcast::faults {

// A stream that ends with an error is opened again after 100 ms with the last resume token.
//
// Threads: any.
// Lifetime: `record` outlives this object.
class BareWatchers final : public WatcherSet {
 public:
  BareWatchers(WatcherOptions options, WatchRecord& record);
  ~BareWatchers() override;

  void Reopen(bool anew) override;

 private:
  class Stream;
  struct Seat {
    std::unique_ptr<Stream> stream;
    bool anew = false;  // The next stream is opened without a token.
  };

  void Connect();             // Needs mutex_.
  void Open(size_t watcher);  // Needs mutex_.
  void OnDone(size_t watcher, const grpc::Status& status);
  void ReopenLoop();

  const WatcherOptions options_;
  WatchRecord& record_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<v1::RunStatusService::Stub>> stubs_;  // Guarded by mutex_.
  std::vector<Seat> seats_;                                         // Guarded by mutex_.
  std::deque<std::pair<absl::Time, size_t>> reopen_;                // Guarded by mutex_.
  std::vector<std::unique_ptr<Stream>> finished_;                   // Guarded by mutex_.
  bool at_once_ = false;                                            // Guarded by mutex_.
  int open_streams_ = 0;                                            // Guarded by mutex_.
  bool stopping_ = false;                                           // Guarded by mutex_.
  std::thread reopener_;
};

// Streams that are opened and never read.
class SilentReaders {
 public:
  SilentReaders(const WatcherOptions& options, int count);
  // Cancels them and waits.
  ~SilentReaders();

 private:
  class Stream;
  std::vector<std::unique_ptr<v1::RunStatusService::Stub>> stubs_;
  std::vector<std::unique_ptr<Stream>> streams_;
};

}  // namespace runcast::faults

#endif  // RUNCAST_TESTS_FAULTS_BARE_WATCHERS_H_
