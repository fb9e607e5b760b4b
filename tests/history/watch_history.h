// What one watcher of one run received, and what the contract says about it.

#ifndef RUNCAST_TESTS_HISTORY_WATCH_HISTORY_H_
#define RUNCAST_TESTS_HISTORY_WATCH_HISTORY_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "runcast/v1/run_status_service.pb.h"

namespace runcast::history {

// How a stream ended; the codes are gRPC's.
struct StreamEnd {
  int code = 0;
  std::string message;
};

// One watcher's life over all of its streams: it may have reconnected any number of times.
class WatchHistory {
 public:
  // A stream was opened, with the last resume token.
  void OnOpened(absl::Time at);
  void OnMessage(absl::Time at, v1::WatchRunResponse message);
  void OnEnded(absl::Time at, StreamEnd end);

  // Every sentence of the contract that this history breaks, in words; none: it is clean.
  //   lost        a watch that ended without its terminal status
  //   duplicated  the same sequence twice in an epoch, or the same facts after a resume
  //   reordered   a sequence that falls within an epoch
  //   backward    progress that falls, an active state after a terminal one
  //   late end    messages after the terminal status, an OK end before it
  std::vector<std::string> Faults() const;

  bool SawTerminal() const;
  int statuses() const;
  int heartbeats() const;
  int streams() const { return streams_; }
  // The newest resume token received; empty before the first message.
  std::string resume_token() const;
  // The newest status received; default before the first.
  v1::RunStatus newest() const;
  // How the last stream ended; code -1 while it is open.
  StreamEnd last_end() const { return last_end_; }

 private:
  struct Event {
    enum class Kind { kOpened, kMessage, kEnded } kind;
    absl::Time at;
    v1::WatchRunResponse message;
    StreamEnd end;
  };

  std::vector<Event> events_;
  int streams_ = 0;
  StreamEnd last_end_{.code = -1};
};

}  // namespace runcast::history

#endif  // RUNCAST_TESTS_HISTORY_WATCH_HISTORY_H_
