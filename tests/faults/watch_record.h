// What all watchers of the load received, and how long it took from the platform to them.

#ifndef RUNCAST_TESTS_FAULTS_WATCH_RECORD_H_
#define RUNCAST_TESTS_FAULTS_WATCH_RECORD_H_

#include <condition_variable>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "runcast/v1/run_status_service.pb.h"
#include "tests/bench/latency_histogram.h"
#include "tests/history/served_answers.h"
#include "tests/history/watch_history.h"

namespace runcast::faults {

// Times are those of the simulator's log (history::MonotonicNow). The time an update took is read
// from the stamp that a run with `"stamp": "every"` carries, but for the first status of a stream,
// which is as old as it is.
//
// Threads: any.
class WatchRecord {
 public:
  // `runs` holds the run id of each watcher.
  explicit WatchRecord(std::vector<std::string> runs);

  void OnOpened(size_t watcher);
  // Without a resume token.
  void OnOpenedAnew(size_t watcher);
  void OnMessage(size_t watcher, v1::WatchRunResponse message);
  // As the client library shows them.
  void OnStatus(size_t watcher, const v1::RunStatus& status);
  void OnHeartbeat(size_t watcher, const v1::Heartbeat& heartbeat);
  // `reason` is ours, or what gRPC says.
  void OnEnded(size_t watcher, int code, const std::string& reason);

  std::string TokenOf(size_t watcher) const;

  // From now on figures are counted under this name.
  void Mark(const std::string& name);

  // Waits until all watchers are in this condition, `limit` at most: `known` (any status),
  // `heard` (a message on the newest stream), `renewed` (a fresh status
  // since the last mark), `fresh`, `stale`, `terminal`, `ended`. Returns
  // {"done", "seconds", "missing"}. Throws std::invalid_argument on another word.
  nlohmann::ordered_json Wait(const std::string& condition, absl::Duration limit);

  // How many are open, terminal, fresh, stale, have counts of a result; reasons of staleness.
  nlohmann::ordered_json State() const;

  // Figures of all sections.
  nlohmann::ordered_json Sections() const;

  // Checks all histories: counts by kind of finding, the first few in words. The first bad history
  // is written to `bad_file` when that is not empty.
  nlohmann::ordered_json Judge(const history::AnswersByRun& answers, absl::Duration late_after,
                               const std::string& bad_file) const;

 private:
  struct Watcher {
    std::string run;
    history::WatchHistory history;
    v1::Freshness freshness;
    int messages_on_stream = 0;
    int statuses_on_stream = 0;
    bool open = false;
    bool renewed = false;  // A fresh status since the last mark.
  };
  struct Section {
    std::string name;
    absl::Time began;
    bench::LatencyHistogram delays;
    int64_t statuses = 0;
    int64_t heartbeats = 0;
    int64_t opened = 0;
    int64_t news_of_staleness = 0;           // Fresh before, stale now.
    std::map<std::string, int64_t> ends;     // Of streams that had brought a message.
    std::map<std::string, int64_t> refused;  // Of streams that had not.
  };

  void NoteStatus(Watcher& watcher, const v1::RunStatus& status, absl::Time now);
  void NoteFreshness(Watcher& watcher, const v1::Freshness& freshness);
  static bool Is(const Watcher& watcher, const std::string& condition);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Watcher> watchers_;  // Guarded by mutex_.
  std::vector<Section> sections_;  // Guarded by mutex_; the last one goes on.
};

}  // namespace runcast::faults

#endif  // RUNCAST_TESTS_FAULTS_WATCH_RECORD_H_
