// The door between serving loops and the poll loop: messages in, messages out.

#ifndef RUNCAST_GATEWAY_RUNS_RUN_HUB_H_
#define RUNCAST_GATEWAY_RUNS_RUN_HUB_H_

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "gateway/base/run_key.h"
#include "gateway/base/secret_string.h"
#include "gateway/base/trace_context.h"
#include "gateway/runs/run_error.h"
#include "gateway/runs/snapshot.h"
#include "gateway/runs/snapshot_table.h"

namespace runcast::runs {

// To a loop that asked to follow a run. `Admitted` or `Ended` comes first, in answer to Follow.
struct Admitted {
  SnapshotPtr newest;  // Null while nothing is known.
};
// A new status. Sequences rise within the snapshot's epoch. After a terminal one the hub has
// forgotten the follower; no Unfollow is needed (one does no harm).
struct Published {
  SnapshotPtr snapshot;
};
// The run cannot be followed (any more). The hub has forgotten the follower, unless
// `error.spares_resumed`: then it goes on until the loop unfollows.
struct Ended {
  RunError error;
  // The Follow that was refused, by the id of its request; 0: what was followed has ended.
  uint64_t follow_id = 0;
};
using FollowEvent = std::variant<Admitted, Published, Ended>;

// The answer to one Read.
struct ReadAnswer {
  // Set when there is a status to answer with, also a stale one.
  SnapshotPtr snapshot;
  absl::Time last_good_answer = absl::InfinitePast();
  // Set when it was asked for and the run has one. Never cached by the receiver.
  base::SecretString report_link;
  // Whether it shared a call to the platform that others, or the schedule, made anyway.
  bool joined = false;
  // Without a snapshot: why.
  RunError error;
};

// A serving loop as the poll loop sees it. Called on the poll loop's thread; an implementation
// only puts the message into its own queue. Outlives the hub's thread.
class Follower {
 public:
  virtual ~Follower() = default;
  virtual void OnFollowEvent(const base::RunKey& key, FollowEvent event) = 0;
  // OnFollowEvent in two steps, for an event of several followers: whoever is woken may take the
  // poll loop's processor away for milliseconds, and by then all of them should have theirs.
  virtual void QueueFollowEvent(const base::RunKey& key, FollowEvent event) = 0;
  virtual void Wake() = 0;
  virtual void OnReadAnswer(uint64_t read_id, ReadAnswer answer) = 0;
};

struct FollowRequest {
  base::RunKey key;
  // Who opened the first watch of it, for the limit of new unknown runs.
  std::string caller;
  // That watch came with a resume token: somebody saw the run before, here or on another
  // replica, so the limit of new runs is wider for it.
  bool resumed = false;
  // The follower's own number for this request, which comes back with a refusal: by then it may
  // have unfollowed the run and followed it anew, for somebody else.
  uint64_t id = 0;
};

struct ReadRequest {
  base::RunKey key;
  // Who asks, for the limit of new unknown runs.
  std::string caller;
  absl::Duration max_staleness;
  bool include_report_link = false;
  // Goes with the poll, if this read alone causes one.
  base::TraceContext trace;
};

// Threads: any thread may call; calls of one thread are handled in their order.
class RunHub {
 public:
  virtual ~RunHub() = default;

  // One follower follows a run once, however many watchers it has for it.
  virtual void Follow(Follower* follower, FollowRequest request) = 0;
  virtual void Unfollow(Follower* follower, const base::RunKey& key) = 0;

  // Answers once, with OnReadAnswer(read_id). Reads that wait for the same poll share it.
  // A read cannot be taken back; a receiver that has lost interest drops the answer.
  virtual void Read(Follower* follower, uint64_t read_id, ReadRequest request) = 0;

  virtual const SnapshotTable& table() const = 0;
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_RUN_HUB_H_
