// The door to the other replicas: who owns which run, what polls elsewhere brought, who is there.
//
// Implemented by gateway/coordination on an engine that all replicas share. A poll loop without
// one decides alone. The rules that both sides keep: gateway/README.md, "Several replicas".

#ifndef RUNCAST_GATEWAY_RUNS_COORDINATION_H_
#define RUNCAST_GATEWAY_RUNS_COORDINATION_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gateway/base/clock.h"
#include "gateway/base/event_loop.h"
#include "gateway/base/run_key.h"

namespace runcast::runs {

// The times of sends for one run id, each its own: the same time twice is the same send told
// twice. Implementations give back exactly the times they were given, to the millisecond.
using SendTimes = std::vector<base::MonotonicTime>;

struct ClaimRequest {
  // What the run is followed or read as here; told to the owner.
  std::vector<base::RunKey> variants;
  // The highest epoch this replica has seen of the run: a new one lies above it, also when the
  // engine forgot.
  uint64_t known_epoch = 0;
  // False: only look, and follow whoever owns it.
  bool take = true;
  // Sends of this replica that the engine has not stored yet.
  SendTimes sends;
};

// A variant's newest record (`coordination.v1.RunRecord`, encoded), as its owner published it.
struct StoredRecord {
  base::RunKey key;
  std::string record;
};

struct ClaimAnswer {
  // False: the engine did not answer, and nothing else here means anything.
  bool answered = false;
  // The run is this replica's now; false: it is `owner`'s, or nobody's when that is empty.
  bool owned = false;
  std::string owner;
  // Of the ownership; 0: nobody ever had it.
  uint64_t epoch = 0;
  // The owner before did not let go: its session just ended.
  bool after_loss = false;
  std::vector<StoredRecord> records;
  // Of the newest of them: in which ownership it was published, and its version there.
  uint64_t records_epoch = 0;
  uint64_t records_version = 0;
  // If owned: every send of the last hour that the engine knows of, in any order.
  SendTimes sends;
  // Since when the engine remembers everything.
  base::MonotonicTime known_since = base::MonotonicTime::InfiniteFuture();
  // Since then an owner has stored all that it knew, so `sends` holds also what was before. If not,
  // older ones among them are remains.
  bool has_whole_log = false;
};

struct PublishRequest {
  uint64_t epoch = 0;
  uint64_t version = 0;
  // What the last poll was about and brought; an empty record publishes sends alone.
  base::RunKey key;
  std::string record;
  SendTimes sends;
  // `sends` are all of the last hour, and replace what is stored.
  bool is_whole_log = false;
  // What earlier answers told as borrowed, and need not tell again.
  SendTimes heard;
  // How many polls of others the budget can pay beside the schedule.
  int surplus = 0;
};

struct PublishAnswer {
  bool answered = false;
  // False: the run has another owner.
  bool accepted = false;
  // The engine had forgotten the run: whatever was stored before this publish is gone.
  bool created = false;
  // Others follow the run.
  bool is_shared = false;
  // What others sent at this run's expense and the engine does not know to be heard of.
  SendTimes borrowed;
};

// A record that an owner published, or that it let the run go (an empty record).
struct SharedRecord {
  base::RunKey key;  // Only its run id is set when the run was let go.
  std::string owner;
  uint64_t epoch = 0;
  uint64_t version = 0;
  std::string record;
};

// The replicas as of the last renewal.
struct ReplicaCounts {
  int live = 1;  // With this one.
  // Gone within the last hour without a word: killed, or cut off and polling slowly.
  int lost = 0;
  // Of the other live ones, those that do not say that they cannot reach the platform.
  int others_reaching_platform = 0;

  int known() const { return live + lost; }
};

// Threads: poll loop only. Answers and news come on the loop, never before the call returned, and
//   none after the object is gone. A request whose run has gone meanwhile is answered all the same.
// Lifetime: the listener outlives this object.
class Coordination {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // The engine answers; claims make sense. False: it does not, each replica is on its own.
    virtual void OnEngine(bool up) = 0;
    // After each renewal of the session.
    virtual void OnReplicas(const ReplicaCounts& counts) = 0;
    // A replica's session has just ended without its saying so.
    virtual void OnSessionLost(const std::string& session) = 0;
    virtual void OnClaimAnswer(const std::string& run_id, ClaimAnswer answer) = 0;
    virtual void OnPublishAnswer(const std::string& run_id, PublishAnswer answer) = 0;
    // Answers Borrow: whether one send is paid for.
    virtual void OnBorrowAnswer(const std::string& run_id, bool granted) = 0;
    virtual void OnRecord(SharedRecord record) = 0;
    // Somebody follows, as this variant, a run that belongs to `owner`.
    virtual void OnWanted(const base::RunKey& key, const std::string& owner) = 0;
    // A run that somebody follows was let go by a replica that cannot reach the platform.
    virtual void OnOffered(const base::RunKey& key) = 0;
    // Records may have been missed.
    virtual void OnGap() = 0;
    // The engine may have lost sends that it was told, or gives them back `times_moved`: then the
    // same send is not known to be the same. Owners store all that they know anew.
    virtual void OnLogsDoubtful(bool times_moved) = 0;
  };

  virtual ~Coordination() = default;

  // Once, before anything else.
  virtual void Start(Listener& listener) = 0;

  // The name of this replica's session, as owners are named.
  virtual const std::string& session() const = 0;
  // Until when this replica may act as the owner of what it owns.
  virtual base::MonotonicTime lease_until() const = 0;

  virtual void Claim(const std::string& run_id, ClaimRequest request) = 0;
  virtual void Publish(const std::string& run_id, PublishRequest request) = 0;
  // Lets an owned run go, with the sends not stored yet. `offered`: because the platform cannot be
  // reached from here; these variants are wanted on. No answer comes.
  virtual void Release(const std::string& run_id, uint64_t epoch, SendTimes sends,
                       std::vector<base::RunKey> offered) = 0;
  // One send at the expense of the run's owner, at `at`.
  virtual void Borrow(const std::string& run_id, base::MonotonicTime at) = 0;
  // What this replica tells the others of itself.
  virtual void SetReachesPlatform(bool reaches) = 0;
  // A planned stop, when all that was owned has been let go: ends the session. `done` runs when the
  // engine has taken all, or cannot. Nothing may be asked afterwards.
  virtual void Leave(base::Task done) = 0;
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_COORDINATION_H_
