// The poll loop: every run that somebody follows or asks for, on one thread.
//
// Messages come from serving loops by RunHub and go back by Follower. Owns all feeds, budgets
// and limits; knows nothing of gRPC, HTTP or the platform's JSON. With other replicas it shares by
// Coordination, if there is one.

#ifndef RUNCAST_GATEWAY_RUNS_POLL_LOOP_H_
#define RUNCAST_GATEWAY_RUNS_POLL_LOOP_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/base/event_loop.h"
#include "gateway/base/rate_limiter.h"
#include "gateway/runs/coordination.h"
#include "gateway/runs/credential_history.h"
#include "gateway/runs/follower_wakes.h"
#include "gateway/runs/kept_runs.h"
#include "gateway/runs/platform_gate.h"
#include "gateway/runs/platform_reach.h"
#include "gateway/runs/poll_policy.h"
#include "gateway/runs/rate_budget.h"
#include "gateway/runs/replica_view.h"
#include "gateway/runs/run_hub.h"
#include "gateway/runs/run_lengths.h"
#include "gateway/runs/run_schedule.h"
#include "gateway/telemetry/metrics.h"
#include "gateway/upstream/status_client.h"

namespace runcast::runs {

// Threads: RunHub's calls from any thread; construction and destruction on the loop's thread, or
//   while it does not run.
// Lifetime: everything passed in outlives it; the client must be gone, or idle, when this goes,
//   and posted messages must not run afterwards.
class PollLoop final : public RunHub, private Coordination::Listener {
 public:
  struct Options {
    int per_minute = 60;
    int per_hour = 1800;
    int expected_pollers = 1;
    PollPolicy::Options policy;
    FeedOptions feed;
    KeptRuns::Options kept;
    int max_variants = 4;
    size_t max_budget_logs = 200'000;
    double new_runs_per_second = 50;
    double new_runs_per_second_per_caller = 10;
    PlatformGate::Options gate;
    // The longest that a poll takes, its repetition included.
    absl::Duration poll_timeout = absl::Seconds(10);
    // Fixes epochs and spread for tests.
    std::optional<uint64_t> seed;
  };

  // `coordination`: null for a process that is alone, or does as if; `expected_pollers` then
  // divides the windows. Otherwise it is started here, and must go before this object.
  PollLoop(const Options& options, base::EventLoop& loop, upstream::StatusClient& client,
           telemetry::Metrics& metrics, Coordination* coordination = nullptr);
  ~PollLoop() override;

  void Follow(Follower* follower, FollowRequest request) override;
  void Unfollow(Follower* follower, const base::RunKey& key) override;
  void Read(Follower* follower, uint64_t read_id, ReadRequest request) override;
  const SnapshotTable& table() const override { return table_; }

  // This replica is about to stop: runs that others follow are theirs from now on. Any thread.
  void HandOver();
  // It stops now: everything is let go, and nothing polled any more. `done` runs on the loop when
  // the others can know; at once without coordination. Any thread.
  void Leave(base::Task done);

 private:
  // Limits of new unknown runs: those that nobody has seen are held shorter than those that a
  // caller resumes.
  struct NewRunLimits {
    base::RateLimiter total;
    base::RateLimiter per_caller;
  };

  void DoFollow(Follower* follower, const FollowRequest& request);
  void DoUnfollow(Follower* follower, const base::RunKey& key);
  void DoRead(Follower* follower, uint64_t read_id, const ReadRequest& request);

  // The feed of the run, made if need be and allowed; else the reason in `refusal`.
  RunFeed* Admit(const base::RunKey& key, const std::string& caller, bool resumed,
                 RunError& refusal);
  // A run that was offered, and nobody seems to take.
  struct Offer {
    base::RunKey key;
    base::MonotonicTime due;
  };

  // Coordination::Listener:
  void OnEngine(bool up) override;
  void OnReplicas(const ReplicaCounts& counts) override;
  void OnSessionLost(const std::string& session) override;
  void OnClaimAnswer(const std::string& run_id, ClaimAnswer answer) override;
  void OnPublishAnswer(const std::string& run_id, PublishAnswer answer) override;
  void OnBorrowAnswer(const std::string& run_id, bool granted) override;
  void OnRecord(SharedRecord record) override;
  void OnWanted(const base::RunKey& key, const std::string& owner) override;
  void OnOffered(const base::RunKey& key) override;
  void OnGap() override;
  void OnLogsDoubtful(bool times_moved) override;

  // Calls `tell(schedule)` for every run.
  template <typename Tell>
  void TellAll(Tell tell);
  void TakeOffers();
  void UpdateHandOver();
  RunSchedule& MakeSchedule(const std::string& run_id, RateBudget budget);
  // Polls the run for others, as long as they say that they want it.
  void TakeOn(const base::RunKey& key);
  // The pace of one of so many that cannot tell each other anything.
  PollPolicy AlonePolicy(int pollers) const;

  // How many run ids' past calls are remembered.
  size_t BudgetLogs() const { return schedules_.size() + idle_budgets_.size(); }
  RunSchedule* FindSchedule(const std::string& run_id);
  // After every change: does what is due, then lets go of what nobody needs.
  void Settle(const std::string& run_id);
  void DropExcess();
  void Sweep();

  base::EventLoop& loop_;
  telemetry::Metrics& metrics_;
  const Options options_;
  const BudgetLimits limits_;
  const PollPolicy policy_;
  const AssumedPast assumed_past_;
  SnapshotTable table_;
  CredentialHistory credentials_;
  PlatformGate gate_;
  KeptRuns kept_;
  std::mt19937_64 random_;
  RunLengths lengths_;
  FollowerWakes wakes_;
  FeedContext feeds_;
  ScheduleContext context_;
  NewRunLimits new_runs_;
  NewRunLimits resumed_runs_;
  base::RateLimiter resumed_share_;  // How many of those a caller gets in an hour.

  absl::flat_hash_map<std::string, std::unique_ptr<RunSchedule>> schedules_;  // By run id.
  // What runs without a schedule spent in the last hour.
  absl::flat_hash_map<std::string, RateBudget> idle_budgets_;
  std::unique_ptr<base::Timer> sweep_timer_;

  // With coordination only.
  std::optional<ReplicaView> replicas_;
  PlatformReach reach_;
  int alone_pollers_ = 0;  // What alone_policy is for; 0: as configured.
  int pollers_ = 0;        // The most replicas known in this minute, and in the one before.
  int pollers_before_ = 0;
  base::MonotonicTime pollers_until_ = base::MonotonicTime::InfinitePast();
  std::vector<Offer> offers_;
  std::unique_ptr<base::Timer> offer_timer_;
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_POLL_LOOP_H_
