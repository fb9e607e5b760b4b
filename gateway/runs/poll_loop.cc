#include "gateway/runs/poll_loop.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace runcast::runs {
namespace {

// How many seconds' worth of new runs may come at once: services start together.
constexpr double kNewRunBurst = 10;
// How much wider the limit is for runs that a caller resumes: after a restart of the gateway
// all watchers come back within a second or two.
constexpr double kResumedFactor = 20;
// Which part of the memory of past calls one caller may fill that way in an hour, which is how long
// a call is remembered.
constexpr double kResumedShare = 1.0 / 20;
// How often idle budgets and schedules are looked through.
constexpr absl::Duration kSweepInterval = absl::Seconds(5);

base::RateLimiter MakeLimiter(double per_second) {
  return base::RateLimiter(
      base::RateLimiter::Options{.per_second = per_second, .burst = per_second * kNewRunBurst});
}

uint64_t Seed(const std::optional<uint64_t>& seed) {
  if (seed.has_value()) return *seed;
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

}  // namespace

PollLoop::PollLoop(const Options& options, base::EventLoop& loop, upstream::StatusClient& client,
                   telemetry::Metrics& metrics)
    : loop_(loop),
      metrics_(metrics),
      options_(options),
      limits_(BudgetLimits::FromPlatform(options.per_minute, options.per_hour,
                                         options.expected_pollers)),
      policy_(options.policy, limits_.SustainableInterval()),
      assumed_past_{.end = loop.clock().Now(), .pace = policy_.base_interval()},
      gate_(options.gate, loop, metrics),
      kept_(options.kept),
      random_(Seed(options.seed)),
      feeds_{.options = options.feed,
             .table = table_,
             .metrics = metrics,
             .credentials = credentials_,
             .lengths = lengths_},
      context_{.loop = loop,
               .client = client,
               .feeds = feeds_,
               .gate = gate_,
               .kept = kept_,
               .policy = policy_,
               .random = random_,
               .max_variants = options.max_variants,
               .process_start = loop.clock().Now()},
      new_runs_{MakeLimiter(options.new_runs_per_second),
                MakeLimiter(options.new_runs_per_second_per_caller)},
      resumed_runs_{MakeLimiter(options.new_runs_per_second * kResumedFactor),
                    MakeLimiter(options.new_runs_per_second_per_caller * kResumedFactor)},
      resumed_share_(base::RateLimiter::Options{
          .per_second = static_cast<double>(options.max_budget_logs) * kResumedShare / 3600,
          .burst = static_cast<double>(options.max_budget_logs) * kResumedShare}),
      sweep_timer_(loop.NewTimer([this] { Sweep(); })) {
  sweep_timer_->Set(loop.clock().Now() + kSweepInterval);
}

PollLoop::~PollLoop() = default;

void PollLoop::Follow(Follower* follower, FollowRequest request) {
  loop_.Post([this, follower, request = std::move(request)] { DoFollow(follower, request); });
}

void PollLoop::Unfollow(Follower* follower, const base::RunKey& key) {
  loop_.Post([this, follower, key] { DoUnfollow(follower, key); });
}

void PollLoop::Read(Follower* follower, uint64_t read_id, ReadRequest request) {
  loop_.Post([this, follower, read_id, request = std::move(request)] {
    DoRead(follower, read_id, request);
  });
}

RunSchedule* PollLoop::FindSchedule(const std::string& run_id) {
  const auto found = schedules_.find(run_id);
  return found == schedules_.end() ? nullptr : found->second.get();
}

RunFeed* PollLoop::Admit(const base::RunKey& key, const std::string& caller, bool resumed,
                         RunError& refusal) {
  RunSchedule* schedule = FindSchedule(key.run_id);
  if (schedule != nullptr) {
    if (RunFeed* feed = schedule->FindFeed(key)) return feed;
  }
  const base::MonotonicTime now = loop_.clock().Now();
  // A token is no proof: the wide limit ends where it would fill the memory of past calls, for
  // whoever makes tokens up long before that.
  const bool wide =
      resumed && BudgetLogs() < options_.max_budget_logs / 2 && resumed_share_.Allow(caller, now);
  NewRunLimits& limits = wide ? resumed_runs_ : new_runs_;
  // The caller's own limit first: whoever is over it takes nothing from the others.
  if (!limits.per_caller.Allow(caller, now)) {
    metrics_.new_runs_refused.Add();
    refusal =
        RunError{.reason = Reason::kCallerLimit,
                 .message = absl::StrCat("more than ", options_.new_runs_per_second_per_caller,
                                         " new runs a second from one caller"),
                 .retry_after = limits.per_caller.RetryAfter(caller, now)};
    return nullptr;
  }
  if (!limits.total.Allow("all", now)) {
    metrics_.new_runs_refused.Add();
    refusal = RunError{
        .reason = Reason::kOverloaded,
        .message = absl::StrCat("more than ", options_.new_runs_per_second, " new runs a second"),
        // Spread, or all who were refused would be back for the same next place.
        .retry_after = limits.total.RetryAfter("all", now) +
                       absl::Seconds(std::uniform_real_distribution<double>(0, 2)(random_))};
    return nullptr;
  }
  if (schedule == nullptr) {
    auto idle = idle_budgets_.extract(key.run_id);
    if (idle.empty() && BudgetLogs() >= options_.max_budget_logs) {
      metrics_.new_runs_refused.Add();
      refusal = RunError{.reason = Reason::kOverloaded,
                         .message = "too many runs were asked for in the last hour",
                         .retry_after = absl::Minutes(1)};
      return nullptr;
    }
    RateBudget budget =
        idle.empty() ? RateBudget(limits_, assumed_past_) : std::move(idle.mapped());
    auto made = std::make_unique<RunSchedule>(key.run_id, context_, std::move(budget));
    schedule = made.get();
    schedules_.emplace(key.run_id, std::move(made));
  }
  RunFeed* feed = schedule->FindOrAddFeed(key);
  if (feed == nullptr) {
    refusal =
        RunError{.reason = Reason::kRunVariants,
                 .message = absl::StrCat("run ", key.run_id, " is asked for in more than ",
                                         options_.max_variants, " variants of suite and language")};
  }
  return feed;
}

void PollLoop::DoFollow(Follower* follower, const FollowRequest& request) {
  RunError refusal;
  RunFeed* feed = Admit(request.key, request.caller, request.resumed, refusal);
  if (feed == nullptr) {
    follower->OnFollowEvent(request.key, Ended{std::move(refusal)});
    return;
  }
  feed->AddFollower(follower, Moment{loop_.clock().Now(), loop_.clock().WallNow()});
  Settle(request.key.run_id);
}

void PollLoop::DoUnfollow(Follower* follower, const base::RunKey& key) {
  RunSchedule* schedule = FindSchedule(key.run_id);
  if (schedule == nullptr) return;
  RunFeed* feed = schedule->FindFeed(key);
  if (feed == nullptr) return;
  feed->RemoveFollower(follower, Moment{loop_.clock().Now(), loop_.clock().WallNow()});
  Settle(key.run_id);
}

void PollLoop::DoRead(Follower* follower, uint64_t read_id, const ReadRequest& request) {
  RunError refusal;
  RunFeed* feed = Admit(request.key, request.caller, /*resumed=*/false, refusal);
  if (feed == nullptr) {
    follower->OnReadAnswer(read_id, ReadAnswer{.error = std::move(refusal)});
    return;
  }
  feed->AddReader(follower, read_id, request, Moment{loop_.clock().Now(), loop_.clock().WallNow()});
  Settle(request.key.run_id);
}

void PollLoop::Settle(const std::string& run_id) {
  RunSchedule* schedule = FindSchedule(run_id);
  if (schedule != nullptr) schedule->Settle();
  DropExcess();
}

void PollLoop::DropExcess() {
  for (const base::RunKey& key : kept_.TakeExcess()) {
    if (RunSchedule* excess = FindSchedule(key.run_id)) excess->DropFeed(key);
  }
}

void PollLoop::Sweep() {
  const base::MonotonicTime now = loop_.clock().Now();
  DropExcess();
  FollowedRuns followed;
  for (auto it = schedules_.begin(); it != schedules_.end();) {
    const auto schedule = it++;
    if (schedule->second->IsIdle()) {
      idle_budgets_.emplace(schedule->first, schedule->second->TakeBudget());
      schedules_.erase(schedule);
    } else {
      schedule->second->AddTo(followed);
    }
  }
  absl::erase_if(idle_budgets_, [&](auto& idle) { return idle.second.IsEmpty(now); });
  metrics_.followed_runs.Set(followed.count);
  metrics_.stale_runs.Set(followed.stale);
  metrics_.oldest_answer_seconds.Set(absl::ToDoubleSeconds(followed.oldest_answer));
  metrics_.budget_used_minute.Set(followed.minute_used);
  metrics_.budget_used_hour.Set(followed.hour_used);
  metrics_.kept_runs.Set(static_cast<int64_t>(kept_.runs()));
  metrics_.kept_bytes.Set(static_cast<int64_t>(kept_.bytes()));
  metrics_.budget_logs.Set(static_cast<int64_t>(BudgetLogs()));
  sweep_timer_->Set(now + kSweepInterval);
}

}  // namespace runcast::runs
