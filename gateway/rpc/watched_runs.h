// The runs that one serving loop follows, and who watches them there.

#ifndef RUNCAST_GATEWAY_RPC_WATCHED_RUNS_H_
#define RUNCAST_GATEWAY_RPC_WATCHED_RUNS_H_

#include <grpc/slice.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/node_hash_map.h"
#include "gateway/base/run_key.h"
#include "gateway/runs/run_hub.h"
#include "gateway/runs/snapshot.h"

namespace runcast::rpc {

class ServingLoop;
class WatchRunCall;

// A snapshot with its bytes as gRPC wants them: one for all watchers of a loop, so that its
// reference count stays with one thread for the most part.
class StatusMessage {
 public:
  explicit StatusMessage(runs::SnapshotPtr snapshot);
  ~StatusMessage() { grpc_slice_unref(slice_); }
  StatusMessage(const StatusMessage&) = delete;
  StatusMessage& operator=(const StatusMessage&) = delete;

  const runs::Snapshot& snapshot() const { return *snapshot_; }
  // The snapshot's own bytes, not a copy; they live as long as any reference to the slice.
  const grpc_slice& slice() const { return slice_; }

 private:
  const runs::SnapshotPtr snapshot_;
  grpc_slice slice_;
};
using StatusMessagePtr = std::shared_ptr<const StatusMessage>;

// Watchers of each run.
using WatcherCounts = absl::flat_hash_map<base::RunKey, uint32_t>;

// What the loop knows about a run it follows. Gone with its last watcher.
struct WatchedRun {
  const base::RunKey* key = nullptr;
  // Whether the hub has said yes; later watchers start from `newest` without asking.
  bool admitted = false;
  // Until then: for whom the last Follow asked, since limits of new runs may refuse it alone.
  std::string asking_caller;
  bool asking_resumed = false;
  uint64_t follow_id = 0;   // Of the last Follow.
  StatusMessagePtr newest;  // Null while nothing is known.
  // The hub goes on for those only that resumed; others get this.
  std::optional<runs::RunError> refusal;
  // Those of one connection have the same rank; ordered by it when `is_grouped`.
  struct Watcher {
    uint32_t rank;
    WatchRunCall* call;
  };
  std::vector<Watcher> watchers;
  bool is_grouped = false;
  // Watchers are being told something: the run stays until all are.
  bool telling = false;
  // How many watchers, for those who count them from another thread.
  std::atomic<uint32_t> count{0};
};

// Follows a run for its first watcher, unfollows it after its last, hands every snapshot to
// all of them. Where the first one is over a limit of new runs, it asks again for any other one
// whom that limit does not concern.
//
// Messages in flight may be older than the last Follow or Unfollow. Nothing goes wrong: what
// comes for a run without watchers is dropped, and so is the refusal of an earlier Follow, a
// second Admitted is news like any other, and every record that goes is unfollowed, also where
// the hub has forgotten it already.
//
// Threads: the loop's only, but for AddCounts.
class WatchedRuns {
 public:
  // `order` differs from loop to loop: where two share connections, they seldom send to the same
  // one at a time and release what the other one gathers.
  WatchedRuns(ServingLoop& loop, uint32_t order) : loop_(loop), order_(order | 1) {}
  WatchedRuns(const WatchedRuns&) = delete;
  WatchedRuns& operator=(const WatchedRuns&) = delete;

  // May tell the call something before it returns.
  void Join(WatchRunCall& call, const base::RunKey& key);
  // Takes the call off its run.
  void Leave(WatchRunCall& call);

  void OnFollowEvent(const base::RunKey& key, runs::FollowEvent event);

  // Adds how many watch each run here. Any thread; holds up the loop only where that takes on or
  // drops a run meanwhile.
  void AddCounts(WatcherCounts& counts) const;

 private:
  using Runs = absl::node_hash_map<base::RunKey, WatchedRun>;

  void OnSnapshot(WatchedRun& run, runs::SnapshotPtr snapshot);
  void OnEnded(WatchedRun& run, const runs::Ended& ended);
  // Asks the hub for the run in the name of `call`.
  void Follow(WatchedRun& run, const WatchRunCall& call);
  static void GroupByConnection(WatchedRun& run);
  // Calls `tell(call)` for each watcher; each may leave meanwhile. False when the record went
  // with the last of them.
  template <typename Tell>
  bool TellAll(WatchedRun& run, Tell tell);
  void Drop(WatchedRun& run);

  ServingLoop& loop_;
  const uint32_t order_;
  Runs runs_;
  uint64_t last_follow_id_ = 0;
  mutable std::mutex records_mutex_;
  absl::flat_hash_set<const WatchedRun*> records_;  // Those in runs_. Guarded by records_mutex_.
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_WATCHED_RUNS_H_
