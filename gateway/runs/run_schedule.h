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
#include "gateway/runs/poll_policy.h"
#include "gateway/runs/rate_budget.h"
#include "gateway/runs/run_feed.h"
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
    return feeds_.empty() && !in_flight_ && throttled_until_ <= context_.loop.clock().Now();
  }
  // Adds what it polls, if polls of it go on.
  void AddTo(FollowedRuns& runs) const;
  // Drops a feed that nobody uses, to make room.
  void DropFeed(const base::RunKey& key);

  RateBudget TakeBudget() { return std::move(budget_); }

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
  // False: it stands in line at the gate.
  bool StartPoll(RunFeed& feed, Moment now);
  // Tells readers who wait at the gate for too long.
  void AnswerLateReaders(Moment now);
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
  RunFeed* polled_ = nullptr;  // The feed of the poll in flight.
  base::MonotonicTime last_attempt_ = base::MonotonicTime::InfinitePast();
  // A refusal by rate is about the run id, so it holds for all variants.
  base::MonotonicTime throttled_until_ = base::MonotonicTime::InfinitePast();
  // Since when it stands in line at the gate, and why; InfiniteFuture: it does not.
  base::MonotonicTime waiting_since_ = base::MonotonicTime::InfiniteFuture();
  PlatformGate::Answer waiting_for_ = PlatformGate::Answer::kBusy;
  double spread_ = 0;  // In [-1, 1]; drawn for each poll.
  std::unique_ptr<base::Timer> timer_;
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_RUN_SCHEDULE_H_
