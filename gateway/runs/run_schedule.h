// All polls of one run id: its budget, its variants in rotation, one request at a time.

#ifndef RUNCAST_GATEWAY_RUNS_RUN_SCHEDULE_H_
#define RUNCAST_GATEWAY_RUNS_RUN_SCHEDULE_H_

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gateway/base/event_loop.h"
#include "gateway/runs/kept_runs.h"
#include "gateway/runs/platform_gate.h"
#include "gateway/runs/platform_reach.h"
#include "gateway/runs/poll_policy.h"
#include "gateway/runs/rate_budget.h"
#include "gateway/runs/replica_view.h"
#include "gateway/runs/run_feed.h"
#include "gateway/runs/run_ownership.h"
#include "gateway/upstream/status_client.h"

namespace runcast::runs {

// What all schedules share. Everything outlives them.
struct ScheduleContext {
  base::EventLoop& loop;
  upstream::StatusClient& client;
  FeedContext& feeds;
  PlatformGate& gate;
  KeptRuns& kept;
  const PollPolicy& policy;
  std::mt19937_64& random;
  int max_variants = 4;
  // Runs that started later than this cannot have been polled by a process before us.
  base::MonotonicTime process_start = base::MonotonicTime::InfiniteFuture();
  // With coordination only.
  ReplicaView* replicas = nullptr;
  PlatformReach* reach = nullptr;
};

// The runs that somebody follows, taken together.
struct FollowedRuns {
  int64_t count = 0;  // Run ids.
  int64_t stale = 0;  // Variants whose status is stale or was never seen.
  absl::Duration oldest_answer;
  // Of the run that has used most of its window.
  double minute_used = 0;
  double hour_used = 0;
};

// With coordination another replica may own the run: then its records are this schedule's polls,
// and only readers that need a poll of their own cause one here.
//
// Threads: poll loop only.
// Lifetime: must not be destroyed while `IsIdle` is false, except with the status client gone.
class RunSchedule final : private PlatformGate::Waiter {
 public:
  RunSchedule(std::string run_id, ScheduleContext& context, RateBudget budget);
  ~RunSchedule() override;

  // The feed of this variant, new if need be. Null: there are too many variants.
  RunFeed* FindOrAddFeed(const base::RunKey& key);
  RunFeed* FindFeed(const base::RunKey& key);

  // Does what is due and sets the timer for what comes next. Call it after every change to one
  // of its feeds.
  void Settle();

  // Whether nothing is left but the budget.
  bool IsIdle() const {
    const base::MonotonicTime now = context_.loop.clock().Now();
    return feeds_.empty() && !in_flight_ && throttled_until_ <= now &&
           (ownership_ == nullptr || ownership_->IsIdle(now));
  }
  // Adds what it polls, if polls of it go on.
  void AddTo(FollowedRuns& runs) const;
  // Drops a feed that nobody uses, to make room.
  void DropFeed(const base::RunKey& key);

  RateBudget TakeBudget() { return std::move(budget_); }

  // With coordination only: its answers and news (coordination.h). Each settles.
  void OnEngine();
  void OnGap();
  void OnLogsDoubtful(bool times_moved) { ownership_->OnLogsDoubtful(times_moved); }
  void OnSessionLost(const std::string& session);
  void OnClaimAnswer(const ClaimAnswer& answer);
  void OnPublishAnswer(const PublishAnswer& answer);
  void OnBorrowAnswer(bool granted);
  void OnRecord(const SharedRecord& record);
  // Somebody elsewhere follows this variant.
  void OnWanted(const base::RunKey& key);
  void Leave() { ownership_->Leave(Now().at); }
  bool IsOwned() const { return ownership_ != nullptr && ownership_->IsOwner(); }

 private:
  // Which variant to poll next, and when.
  struct NextPoll {
    RunFeed* feed = nullptr;
    base::MonotonicTime due;
  };

  Moment Now() const;
  BudgetUse UseOfBudget(Moment now) const;
  NextPoll Choose(Moment now);
  // When this feed may be polled, apart from others.
  base::MonotonicTime DueOf(const RunFeed& feed, const PollPlan& plan, Moment now) const;
  PollPlan PlanOf(const RunFeed& feed, Moment now) const;
  // PlatformGate::Waiter:
  void OnTurn() override { Settle(); }
  // False: it stands in line at the gate. `borrowed`: at the expense of the run's owner.
  bool StartPoll(RunFeed& feed, bool borrowed, Moment now);
  // With coordination: does what is due there. Returns when that is to be looked at again.
  base::MonotonicTime SettleOwnership(Moment now);
  // Whether polls are this replica's to make; if not, readers may cause one all the same.
  bool MayPoll(Moment now) const { return ownership_ == nullptr || ownership_->MayPoll(now.at); }
  // Whether polls here are paid by the budget here, as far as is known.
  bool IsPayer() const {
    return ownership_ == nullptr || ownership_->IsOwner() || ownership_->IsAlone();
  }
  // Asks the owner's budget for what readers here need of their own; lowers `wake` to when to look
  // again.
  void BorrowForReaders(Moment now, base::MonotonicTime& wake);
  void TakeRecord(const base::RunKey& key, const std::string& record, bool is_live, bool is_newest,
                  Moment now);
  // With coordination: what the poll that just ended means for other replicas.
  void TellOthers(const RunFeed& feed, const upstream::PollResult& result, Moment now);
  bool IsSeen(const base::RunKey& key);
  bool HasSeenSibling(const RunFeed& feed) const;
  // Anybody who may see one stream can ask for the run's id in it, and for any language. Those who
  // watch the run must not pay for that.
  bool IsGuess(const RunFeed& feed) const;
  const PollPolicy& Policy() const;
  int Surplus(base::MonotonicTime at) const;
  bool HasReaders() const;  // Of any variant.
  // Tells readers who wait at the gate for too long; those who wait, for this reason.
  void AnswerLateReaders(Moment now);
  void HoldBackReaders(PlatformGate::Answer why, Moment now);
  bool OnSend();
  void OnResult(upstream::PollResult result);
  void DropDisposableFeeds(Moment now);
  void UpdateKept(const RunFeed& feed);

  const std::string run_id_;
  ScheduleContext& context_;
  RateBudget budget_;
  std::vector<std::unique_ptr<RunFeed>> feeds_;
  size_t last_polled_ = 0;  // Index in feeds_; the rotation goes on after it.
  bool in_flight_ = false;
  // The poll in flight is paid by another replica's budget, and not sent yet.
  bool borrowed_ = false;
  bool borrowed_unsent_ = false;
  RunFeed* polled_ = nullptr;  // The feed of the poll in flight.
  base::MonotonicTime last_attempt_ = base::MonotonicTime::InfinitePast();
  base::MonotonicTime guesses_paid_until_ = base::MonotonicTime::InfinitePast();
  // A refusal by rate is about the run id, so it holds for all variants.
  base::MonotonicTime throttled_until_ = base::MonotonicTime::InfinitePast();
  // Since when it stands in line at the gate, and why; InfiniteFuture: it does not.
  base::MonotonicTime waiting_since_ = base::MonotonicTime::InfiniteFuture();
  // Since when readers wait for a poll that is not ours to make.
  base::MonotonicTime readers_since_ = base::MonotonicTime::InfiniteFuture();
  PlatformGate::Answer waiting_for_ = PlatformGate::Answer::kBusy;
  double spread_ = 0;  // In [-1, 1]; drawn for each poll.
  std::unique_ptr<base::Timer> timer_;
  bool was_alone_ = false;
  std::unique_ptr<RunOwnership> ownership_;  // Null without coordination.
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_RUN_SCHEDULE_H_
