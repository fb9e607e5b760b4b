// What one watcher of one run received, and what the contract says about it.

#ifndef RUNCAST_TESTS_HISTORY_WATCH_HISTORY_H_
#define RUNCAST_TESTS_HISTORY_WATCH_HISTORY_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "runcast/v1/run_status_service.pb.h"
#include "tests/history/history_event.h"

namespace runcast::history {

// How a stream ended; the codes are gRPC's.
struct StreamEnd {
  int code = 0;
  std::string message;
};

// One watcher's life over all of its streams: it may have reconnected any number of times.
class WatchHistory {
 public:
  // A stream was opened, with the last resume token if there was one.
  void OnOpened(absl::Time at);
  // A stream was opened without a token: the newest status is asked for again.
  void OnOpenedAnew(absl::Time at);
  void OnMessage(absl::Time at, v1::WatchRunResponse message);
  // A status without its envelope, as the client library shows it.
  void OnStatus(absl::Time at, const v1::RunStatus& status);
  void OnEnded(absl::Time at, StreamEnd end);

  // Every sentence of the contract that this history breaks (contract_check.h), in words; none: it
  // is clean.
  std::vector<std::string> Faults() const;
  const std::vector<HistoryEvent>& events() const { return events_; }

  bool SawTerminal() const { return newest_.terminal(); }
  int statuses() const { return Count(HistoryEvent::Kind::kStatus); }
  int heartbeats() const { return Count(HistoryEvent::Kind::kHeartbeat); }
  int streams() const { return Count(HistoryEvent::Kind::kOpened); }
  // The newest resume token received; empty before the first message.
  const std::string& resume_token() const { return resume_token_; }
  // The newest status received; default before the first.
  const v1::RunStatus& newest() const { return newest_; }
  // How the last stream ended; code -1 while it is open.
  const StreamEnd& last_end() const { return last_end_; }

 private:
  int Count(HistoryEvent::Kind kind) const;

  std::vector<HistoryEvent> events_;
  v1::RunStatus newest_;
  std::string resume_token_;
  StreamEnd last_end_{.code = -1};
};

}  // namespace runcast::history

#endif  // RUNCAST_TESTS_HISTORY_WATCH_HISTORY_H_
