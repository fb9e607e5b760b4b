#include "gateway/runs/poll_loop.h"

#include <algorithm>
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
// How long who could take an offered run on waits for somebody who follows it already.
constexpr absl::Duration kOfferWait = absl::Milliseconds(400);
// For how long at least a number of replicas counts that was higher than now.
constexpr absl::Duration kPollerMemory = absl::Minutes(1);
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
                   telemetry::Metrics& metrics, Coordination* coordination)
    : loop_(loop),
      metrics_(metrics),
      options_(options),
      // Who coordinates has the whole of a run's windows, or goes slowly.
      limits_(BudgetLimits::FromPlatform(options.per_minute, options.per_hour,
                                         coordination == nullptr ? options.expected_pollers : 1)),
      policy_(options.policy, limits_.SustainableInterval()),
      assumed_past_{.end = loop.clock().Now(), .pace = policy_.base_interval()},
      gate_(options.gate, loop, metrics),
      kept_(options.kept),
      random_(Seed(options.seed)),
      wakes_(loop),
      feeds_{.options = options.feed,
             .wakes = wakes_,
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
  if (coordination == nullptr) return;
  replicas_.emplace(ReplicaView{.coordination = *coordination,
                                .metrics = metrics,
                                .limits = limits_,
                                .policy = policy_,
                                .alone_policy = AlonePolicy(options.expected_pollers),
                                .longest_poll = options.poll_timeout,
                                .replicas = {},
                                .last_contact = loop.clock().Now()});
  context_.replicas = &*replicas_;
  context_.reach = &reach_;
  offer_timer_ = loop.NewTimer([this] { TakeOffers(); });
  // Itself, however long it takes to reach the engine.
  metrics.coordination_replicas.Set(1);
  coordination->Start(*this);
}

PollLoop::~PollLoop() = default;

PollPolicy PollLoop::AlonePolicy(int pollers) const {
  return PollPolicy(options_.policy, policy_.base_interval() * pollers);
}

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
    schedule = &MakeSchedule(
        key.run_id, idle.empty() ? RateBudget(limits_, assumed_past_) : std::move(idle.mapped()));
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

RunSchedule& PollLoop::MakeSchedule(const std::string& run_id, RateBudget budget) {
  auto made = std::make_unique<RunSchedule>(run_id, context_, std::move(budget));
  return *schedules_.insert_or_assign(run_id, std::move(made)).first->second;
}

void PollLoop::DoFollow(Follower* follower, const FollowRequest& request) {
  RunError refusal;
  RunFeed* feed = Admit(request.key, request.caller, request.resumed, refusal);
  if (feed == nullptr) {
    follower->OnFollowEvent(request.key, Ended{std::move(refusal), request.id});
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
  if (replicas_.has_value()) {
    const auto owned = std::count_if(schedules_.begin(), schedules_.end(),
                                     [](const auto& entry) { return entry.second->IsOwned(); });
    metrics_.coordination_owned_runs.Set(owned);
  }
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

template <typename Tell>
void PollLoop::TellAll(Tell tell) {
  // None is made or dropped meanwhile: answers come later, and only Sweep drops.
  for (const auto& [run_id, schedule] : schedules_) tell(*schedule);
}

void PollLoop::HandOver() {
  loop_.Post([this] {
    if (!replicas_.has_value()) return;
    replicas_->leaving = true;
    TellAll([](RunSchedule& schedule) { schedule.Settle(); });
  });
}

void PollLoop::Leave(base::Task done) {
  loop_.Post([this, done = std::move(done)]() mutable {
    if (!replicas_.has_value()) {
      done();
      return;
    }
    TellAll([](RunSchedule& schedule) { schedule.Leave(); });
    replicas_->left = true;
    replicas_->coordination.Leave(std::move(done));
  });
}

void PollLoop::OnEngine(bool up) {
  replicas_->engine_up = up;
  metrics_.coordination_engine_up.Set(up ? 1 : 0);
  replicas_->last_contact = loop_.clock().Now();
  TellAll([](RunSchedule& schedule) { schedule.OnEngine(); });
}

void PollLoop::OnReplicas(const ReplicaCounts& counts) {
  const base::MonotonicTime now = loop_.clock().Now();
  // The most of the last minute or two: an engine that has just begun again knows too few.
  if (now >= pollers_until_) {
    pollers_before_ = std::exchange(pollers_, 0);
    pollers_until_ = now + kPollerMemory;
  }
  pollers_ = std::max(pollers_, counts.known());
  const int pollers = std::max(pollers_, pollers_before_);
  if (std::exchange(alone_pollers_, pollers) != pollers) {
    replicas_->alone_policy = AlonePolicy(pollers);
  }
  replicas_->replicas = counts;
  replicas_->last_contact = now;
  metrics_.coordination_replicas.Set(counts.live);
  metrics_.coordination_replicas_lost.Set(counts.lost);
  UpdateHandOver();
}

void PollLoop::UpdateHandOver() {
  const bool lost = reach_.IsLost(loop_.clock().Now());
  replicas_->coordination.SetReachesPlatform(!lost);
  const bool hands_over = lost && replicas_->replicas.others_reaching_platform > 0;
  if (std::exchange(replicas_->hands_over, hands_over) == hands_over || !hands_over) return;
  TellAll([](RunSchedule& schedule) { schedule.Settle(); });
}

void PollLoop::OnSessionLost(const std::string& session) {
  TellAll([&](RunSchedule& schedule) { schedule.OnSessionLost(session); });
}

void PollLoop::OnClaimAnswer(const std::string& run_id, ClaimAnswer answer) {
  if (RunSchedule* schedule = FindSchedule(run_id)) schedule->OnClaimAnswer(answer);
}

void PollLoop::OnPublishAnswer(const std::string& run_id, PublishAnswer answer) {
  if (RunSchedule* schedule = FindSchedule(run_id)) schedule->OnPublishAnswer(answer);
}

void PollLoop::OnBorrowAnswer(const std::string& run_id, bool granted) {
  if (RunSchedule* schedule = FindSchedule(run_id)) schedule->OnBorrowAnswer(granted);
}

void PollLoop::OnRecord(SharedRecord record) {
  // Somebody has taken it on.
  std::erase_if(offers_, [&](const Offer& offer) {
    return offer.key.run_id == record.key.run_id && !record.record.empty();
  });
  if (RunSchedule* schedule = FindSchedule(record.key.run_id)) schedule->OnRecord(record);
}

void PollLoop::OnWanted(const base::RunKey& key, const std::string& owner) {
  if (owner != replicas_->coordination.session()) return;
  TakeOn(key);
}

void PollLoop::TakeOn(const base::RunKey& key) {
  RunSchedule* schedule = FindSchedule(key.run_id);
  if (schedule == nullptr) {
    auto idle = idle_budgets_.extract(key.run_id);
    if (idle.empty() && BudgetLogs() >= options_.max_budget_logs) return;
    schedule = &MakeSchedule(
        key.run_id, idle.empty() ? RateBudget(limits_, assumed_past_) : std::move(idle.mapped()));
  }
  schedule->OnWanted(key);
}

void PollLoop::OnOffered(const base::RunKey& key) {
  if (replicas_->OthersShouldTake() || reach_.IsLost(loop_.clock().Now())) return;
  const base::MonotonicTime due =
      loop_.clock().Now() + kOfferWait * std::uniform_real_distribution<double>(1, 2)(random_);
  offers_.push_back({key, due});
  if (offers_.size() == 1) offer_timer_->Set(due);
}

void PollLoop::TakeOffers() {
  const base::MonotonicTime now = loop_.clock().Now();
  std::vector<base::RunKey> taken;
  base::MonotonicTime next = base::MonotonicTime::InfiniteFuture();
  std::erase_if(offers_, [&](const Offer& offer) {
    if (offer.due > now) {
      next = std::min(next, offer.due);
      return false;
    }
    taken.push_back(offer.key);
    return true;
  });
  for (const base::RunKey& key : taken) TakeOn(key);
  if (!offers_.empty()) offer_timer_->Set(next);
}

void PollLoop::OnGap() {
  TellAll([](RunSchedule& schedule) { schedule.OnGap(); });
}

void PollLoop::OnLogsDoubtful(bool times_moved) {
  TellAll([&](RunSchedule& schedule) { schedule.OnLogsDoubtful(times_moved); });
}

}  // namespace runcast::runs
