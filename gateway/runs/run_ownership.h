// One run id among the replicas: who polls it, and what the others are told.
//
//              claim: mine                   claim: another's
//   none ───────────────────▶ owner      none ───────────────▶ following
//     ▲   not wanted any more   │  superseded by a newer epoch    ▲  │
//     ├─────────────────────────┤─────────────────────────────────┘  │ owner gone or silent,
//     │   lease over: claim     │                                    │ or 15 s: claim
//     └─────────────────────────┘◀───────────────────────────────────┘
//   any ── engine down ──▶ alone ── engine back: claim, polling on until the answer ──▶ …
//
// Decides who may poll, never what a status is: that is the feed's (run_feed.h). The rules:
// gateway/README.md, "Several replicas".

#ifndef RUNCAST_GATEWAY_RUNS_RUN_OWNERSHIP_H_
#define RUNCAST_GATEWAY_RUNS_RUN_OWNERSHIP_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "gateway/base/clock.h"
#include "gateway/base/run_key.h"
#include "gateway/runs/coordination.h"
#include "gateway/runs/rate_budget.h"
#include "gateway/runs/replica_view.h"

namespace runcast::runs {

// How a record stands to what was known before.
enum class RecordOrder {
  kNone,  // Not a record to take: our own, or that the run was let go.
  kNewer,
  kOlder,  // From an earlier owner, or overtaken: of use only where it shows more progress.
};

// Threads: poll loop only. Nothing calls back before it returns.
// Lifetime: everything passed in outlives it. Must not go before `IsIdle`, except with the engine.
class RunOwnership {
 public:
  // What the run is needed for here.
  struct Demand {
    bool polls = false;  // Followers here or elsewhere, or readers.
    bool busy = false;   // A poll is in flight.
    absl::FunctionRef<std::vector<base::RunKey>()> variants;
  };

  RunOwnership(std::string run_id, ReplicaView& view, RateBudget& budget, std::mt19937_64& random);

  // Does what is due: claims, publishes, lets go. Returns when to look again.
  base::MonotonicTime Settle(const Demand& demand, base::MonotonicTime now);

  // Whether this replica may decide on a poll now, and whether it may still send at the moment of
  // sending.
  bool MayPoll(base::MonotonicTime now) const;
  bool MaySend(base::MonotonicTime now) const;
  // Polls go out without anybody's knowledge: at the slow pace, not before `alone_from`.
  bool IsAlone() const { return standing_ == Standing::kAlone; }
  bool IsFollowing() const { return standing_ == Standing::kFollowing; }
  bool IsOwner() const { return standing_ == Standing::kOwner; }
  base::MonotonicTime alone_from() const { return alone_from_; }
  // Whether nothing would be lost with it, sends that nobody has been told of included.
  bool IsIdle(base::MonotonicTime now) const;

  // For good: this replica stops, and is not there to hear of what is in flight.
  void Leave(base::MonotonicTime now);

  // Asks for one poll beside the owner's, unless that was just done.
  base::MonotonicTime Borrow(base::MonotonicTime now);

  // A poll of this replica ended. `record` is what it brought, to be told if the run is ours.
  void OnPolled(const base::RunKey& key, std::string record, int surplus, base::MonotonicTime now);
  // Where the budget puts what this replica sent.
  SendTimes& unsaved() { return unsaved_; }

  void OnEngine(base::MonotonicTime now);
  void OnSessionLost(const std::string& session, base::MonotonicTime now);
  void OnGap(base::MonotonicTime now);
  void OnLogsDoubtful(bool times_moved);
  // Returns whether the records in the answer are news here.
  bool OnClaimAnswer(const ClaimAnswer& answer, base::MonotonicTime now);
  void OnPublishAnswer(const PublishAnswer& answer, base::MonotonicTime now);
  void OnBorrowAnswer(bool granted, base::MonotonicTime now);
  RecordOrder OnRecord(const SharedRecord& record, base::MonotonicTime now);

 private:
  enum class Standing { kNone, kOwner, kFollowing, kAlone };

  void GoAlone(base::MonotonicTime now);
  void Follow(const std::string& owner, base::MonotonicTime now);
  void Claim(const Demand& demand);
  // As the owner: puts what the engine knows into the budget. `knew`: until now polls were this
  // replica's, so that the budget knew of all.
  void TakeLog(const ClaimAnswer& answer, bool knew);
  void PublishNext(base::MonotonicTime now);
  void LetGo(const Demand& demand, bool offered, base::MonotonicTime now);
  // The engine has stored those that were on their way.
  void ForgetSaved();
  // Charges what replicas that are out of touch may send meanwhile.
  void ChargeForLost(base::MonotonicTime now);
  bool HasLease(base::MonotonicTime now) const;
  // When an owner who has just been heard of will have been silent for too long.
  base::MonotonicTime WhenSilent(base::MonotonicTime now);
  absl::Duration Random(absl::Duration limit);

  const std::string run_id_;
  ReplicaView& view_;
  RateBudget& budget_;
  std::mt19937_64& random_;

  Standing standing_ = Standing::kNone;
  bool claiming_ = false;
  bool publishing_ = false;
  bool borrowing_ = false;
  bool is_shared_ = false;  // As owner: others follow.
  std::string owner_;       // Of the run that is followed; empty: nobody just now.
  uint64_t epoch_ = 0;      // The highest seen.
  uint64_t version_ = 0;    // In that epoch: published, or seen.
  // The highest that was let go. News and answers come by different ways: a claim that was answered
  // before may be heard of later.
  uint64_t released_epoch_ = 0;

  base::MonotonicTime look_at_ = base::MonotonicTime::InfinitePast();   // The next claim.
  base::MonotonicTime sweep_at_ = base::MonotonicTime::InfinitePast();  // At the latest.
  int unowned_looks_ = 0;  // In a row that found nobody and took nothing.
  base::MonotonicTime borrow_at_ = base::MonotonicTime::InfinitePast();
  base::MonotonicTime alone_from_ = base::MonotonicTime::InfinitePast();

  std::vector<StoredRecord> pending_;  // To be published, one a variant.
  int surplus_ = 0;
  SendTimes unsaved_;  // Sends that the engine has not stored, in the order of their making.
  size_t saving_ = 0;  // How many of them, the first ones, are on their way.
  bool store_whole_log_ = false;  // With the next publish: the engine's may lack some.
  bool storing_whole_log_ = false;
  bool times_moved_ = false;  // Those in the engine's log, and it has not been stored since.
  SendTimes heard_;           // Borrowed ones that the last answer told.
  base::MonotonicTime last_polled_;
  double owed_ = 0;  // Polls of lost replicas that are not charged yet.
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_RUN_OWNERSHIP_H_
