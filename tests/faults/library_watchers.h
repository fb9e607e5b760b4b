// Watchers on the client library, as services use it.

#ifndef RUNCAST_TESTS_FAULTS_LIBRARY_WATCHERS_H_
#define RUNCAST_TESTS_FAULTS_LIBRARY_WATCHERS_H_

#include <memory>
#include <vector>

#include "runcast/run_status_client.h"
#include "tests/faults/watcher_set.h"

namespace runcast::faults {

// Each client is a service of its own that watches a run once, since watches of one run in one
// client would share a stream. With several replicas each begins at another one, and the watchers
// of each run are on clients picked at random.
//
// Threads: any.
// Lifetime: `record` outlives this object.
class LibraryWatchers final : public WatcherSet {
 public:
  LibraryWatchers(WatcherOptions options, int clients, WatchRecord& record);

  // The library has no such call: throws std::invalid_argument.
  void Reopen(bool anew) override;

 private:
  std::vector<std::unique_ptr<client::RunStatusClient>> clients_;
  std::vector<client::WatchHandle> watches_;
};

}  // namespace runcast::faults

#endif  // RUNCAST_TESTS_FAULTS_LIBRARY_WATCHERS_H_
