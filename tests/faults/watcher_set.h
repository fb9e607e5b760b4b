// Watchers of the load, whatever they are written on.

#ifndef RUNCAST_TESTS_FAULTS_WATCHER_SET_H_
#define RUNCAST_TESTS_FAULTS_WATCHER_SET_H_

#include <string>
#include <vector>

#include "runcast/v1/run_status.pb.h"
#include "tests/faults/watch_record.h"

namespace runcast::faults {

struct WatcherOptions {
  std::string address;  // host:port, plaintext.
  // Of other replicas of the same gateway, for watchers on the client library.
  std::vector<std::string> other_addresses;
  int connections = 1;
  bool reconnect = true;
  // The run of each watcher.
  std::vector<v1::RunReference> runs;
};

// Opens its streams in the constructor; the destructor ends them and waits for that.
class WatcherSet {
 public:
  virtual ~WatcherSet() = default;

  // All leave and come back at once over new connections; `anew` without resume tokens.
  virtual void Reopen(bool anew) = 0;
};

}  // namespace runcast::faults

#endif  // RUNCAST_TESTS_FAULTS_WATCHER_SET_H_
