#include "gateway/runs/run_schedule.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/runs/run_record.h"
#include "gateway/runs/wire_time.h"

namespace runcast::runs {
namespace {

// A start time within this of the process start may only seem later: the platform tells its clock
// in whole seconds, and starts are told by several machines.
constexpr absl::Duration kClockTolerance = absl::Seconds(5);
// Readers have deadlines.
constexpr absl::Duration kLongestReaderWait = absl::Seconds(10);
// Polls of variants that nobody has seen: so many at once, and then one in so much time.
constexpr int kGuesses = 3;
constexpr absl::Duration kGuessInterval = absl::Seconds(30);
// For so long somebody who told that he follows the run elsewhere counts; he tells so every 15 s.
constexpr absl::Duration kWantedFor = absl::Seconds(40);
// Runs wake at multiples of this. Polls that fall due within it share one wake-up, one walk through
// curl and mostly one round of answers, which saves a third of what a poll costs
// (tests/bench/README.md, levers). It costs 2.5 ms in the mean until an end is seen, of about a
// second.
constexpr absl::Duration kWakeGrain = absl::Milliseconds(5);

// The first multiple at or after this: nothing may go out early.
base::MonotonicTime NextGrain(base::MonotonicTime time) {
  const auto origin = base::MonotonicTime::FromOrigin(absl::ZeroDuration());
  return origin + absl::Ceil(time - origin, kWakeGrain);
}

PlatformSign SignOf(const upstream::PollResult& result) {
  const auto* failure = std::get_if<upstream::PollFailure>(&result);
  if (failure == nullptr) return PlatformSign::kWell;
  if (failure->kind == upstream::PollFailureKind::kUnavailable ||
      failure->kind == upstream::PollFailureKind::kProtocol) {
    return PlatformSign::kFailing;
  }
  // Refused by ourselves: not paid for, no token, or nothing that can be sent.
  return failure->http_status == 0 ? PlatformSign::kNone : PlatformSign::kWell;
}

bool IsThrottled(PollTrouble trouble) {
  return trouble == PollTrouble::kThrottled || trouble == PollTrouble::kThrottledMinute ||
         trouble == PollTrouble::kThrottledHour;
}

RunError BudgetSpent(const std::string& run_id, absl::Duration wait) {
  return {.reason = Reason::kRunBudgetSpent,
          .message =
              absl::StrCat("the calls that the platform allows for run ", run_id, " are used up"),
          .retry_after = wait};
}

RunError GateClosed(const std::string& run_id, PlatformGate::Answer answer) {
  return {.reason = Reason::kUpstreamUnavailable,
          .message = answer == PlatformGate::Answer::kClosed
                         ? absl::StrCat("the platform fails for most runs; run ", run_id,
                                        " is not asked for until a probe succeeds")
                         : absl::StrCat("the platform is slow; run ", run_id,
                                        " waits in line to be asked for"),
          .retry_after = absl::Seconds(5),
          .after_upstream = true};
}

}  // namespace

RunSchedule::RunSchedule(std::string run_id, ScheduleContext& context, RateBudget budget)
    : run_id_(std::move(run_id)),
      context_(context),
      budget_(std::move(budget)),
      timer_(context.loop.NewTimer([this] { Settle(); })) {
  if (context.replicas != nullptr) {
    ownership_ =
        std::make_unique<RunOwnership>(run_id_, *context.replicas, budget_, context.random);
  }
}

RunSchedule::~RunSchedule() { context_.gate.Forget(this); }

Moment RunSchedule::Now() const {
  return Moment{context_.loop.clock().Now(), context_.loop.clock().WallNow()};
}

RunFeed* RunSchedule::FindFeed(const base::RunKey& key) {
  for (const auto& feed : feeds_) {
    if (feed->key() == key) return feed.get();
  }
  return nullptr;
}

RunFeed* RunSchedule::FindOrAddFeed(const base::RunKey& key) {
  if (RunFeed* feed = FindFeed(key)) return feed;
  const Moment now = Now();
  const auto counts = [&](const auto& feed) { return !feed->IsNotFound(now); };
  if (std::count_if(feeds_.begin(), feeds_.end(), counts) >= context_.max_variants) {
    return nullptr;
  }
  feeds_.push_back(std::make_unique<RunFeed>(key, context_.feeds, context_.random(), now));
  return feeds_.back().get();
}

void RunSchedule::Settle() {
  const Moment now = Now();
  for (const auto& feed : feeds_) {
    const bool had_ended = feed->HasEnded();
    feed->Tick(now);
    // An end that counts as it is without a further poll.
    if (feed->HasEnded() && !had_ended && ownership_ != nullptr) {
      ownership_->OnPolled(feed->key(), EncodeRecord(*feed, nullptr), Surplus(now.at), now.at);
    }
  }
  DropDisposableFeeds(now);

  base::MonotonicTime wake = base::MonotonicTime::InfiniteFuture();
  if (ownership_ != nullptr) wake = SettleOwnership(now);
  if (!in_flight_) {
    const NextPoll next = Choose(now);
    if (!MayPoll(now)) {
      context_.gate.Forget(this);
      waiting_since_ = base::MonotonicTime::InfiniteFuture();
      BorrowForReaders(now, wake);
    } else if (next.feed == nullptr || next.due > now.at) {
      context_.gate.Forget(this);
      waiting_since_ = base::MonotonicTime::InfiniteFuture();
      if (next.feed != nullptr) wake = std::min(wake, next.due);
    } else if (!StartPoll(*next.feed, /*borrowed=*/false, now)) {
      AnswerLateReaders(now);
      // Readers that come later are looked at when they come.
      if (HasReaders()) wake = std::min(wake, waiting_since_ + kLongestReaderWait);
    }
  }
  for (const auto& feed : feeds_) {
    const base::MonotonicTime deadline = feed->NextDeadline();
    if (deadline > now.at) wake = std::min(wake, deadline);
    UpdateKept(*feed);
  }
  if (wake == base::MonotonicTime::InfiniteFuture()) {
    timer_->Cancel();
  } else {
    timer_->Set(NextGrain(wake));
  }
}

base::MonotonicTime RunSchedule::SettleOwnership(Moment now) {
  bool polls = false;
  for (const auto& feed : feeds_) polls |= feed->IsScheduled(now) || feed->HasReaders();
  const auto variants = [this] {
    std::vector<base::RunKey> keys;
    for (const auto& feed : feeds_) keys.push_back(feed->key());
    return keys;
  };
  const base::MonotonicTime wake =
      ownership_->Settle({.polls = polls, .busy = in_flight_, .variants = variants}, now.at);
  // The pace has risen: what is a long silence now was none a moment ago.
  if (std::exchange(was_alone_, ownership_->IsAlone()) && !was_alone_) {
    for (const auto& feed : feeds_) feed->OnPaceRaised(context_.policy.base_interval(), now);
  }
  return wake;
}

bool RunSchedule::IsSeen(const base::RunKey& key) {
  const RunFeed* feed = FindFeed(key);
  return feed != nullptr && feed->IsSeen();
}

const PollPolicy& RunSchedule::Policy() const {
  const bool alone = ownership_ != nullptr && ownership_->IsAlone();
  return alone ? context_.replicas->alone_policy : context_.policy;
}

int RunSchedule::Surplus(base::MonotonicTime at) const {
  // What the others spend is not known then.
  if (ownership_ != nullptr && !ownership_->IsOwner()) return 0;
  return budget_.Surplus(at, context_.policy.base_interval());
}

PollPlan RunSchedule::PlanOf(const RunFeed& feed, Moment now) const {
  return Policy().Next(feed.Situation(now), spread_, [&] { return Surplus(now.at); });
}

base::MonotonicTime RunSchedule::DueOf(const RunFeed& feed, const PollPlan& plan,
                                       Moment now) const {
  // The pace belongs to the run id as a whole, so it counts from the last poll of any variant.
  base::MonotonicTime due = std::max(
      plan.due_without_surplus, last_attempt_ + Policy().base_interval() * (1 + 0.02 * spread_));
  if (ownership_ != nullptr && ownership_->IsAlone()) due = std::max(due, ownership_->alone_from());
  if (IsGuess(feed)) {
    return std::max({due, guesses_paid_until_ - (kGuesses - 1) * kGuessInterval, now.at});
  }
  // Sooner, as far as there is surplus. A reader need not wait for the pace, but for what the
  // platform asked after trouble.
  base::MonotonicTime early = std::max(plan.due, last_attempt_ + context_.policy.min_gap());
  if (feed.HasReaders() && !feed.HasTrouble()) early = last_attempt_ + context_.policy.min_gap();
  if (early < due && Surplus(std::max(now.at, early)) > 0) due = early;
  return std::max(due, now.at);
}

RunSchedule::NextPoll RunSchedule::Choose(Moment now) {
  const auto variants = std::count_if(feeds_.begin(), feeds_.end(),
                                      [&](const auto& feed) { return feed->IsScheduled(now); });
  const auto sharing = static_cast<double>(std::max<std::ptrdiff_t>(1, variants));
  NextPoll next;
  for (size_t i = 1; i <= feeds_.size(); ++i) {
    RunFeed& feed = *feeds_[(last_polled_ + i) % feeds_.size()];
    const bool scheduled = feed.IsScheduled(now);
    if (!scheduled && !feed.HasReaders()) continue;
    const PollPlan plan = PlanOf(feed, now);
    const base::MonotonicTime wanted = DueOf(feed, plan, now);
    const base::MonotonicTime allowed = std::max(wanted, throttled_until_);
    const NextPoll candidate{&feed, IsPayer() ? budget_.EarliestSend(allowed) : allowed};
    feed.OnPlanned(scheduled ? candidate.due : base::MonotonicTime::InfinitePast(),
                   plan.interval * sharing, UseOfBudget(now), now);
    const absl::Duration wait = candidate.due - now.at;
    // A reader joins the next scheduled poll, but waits for nothing that is farther off.
    if (candidate.due > wanted &&
        wait > std::min(kLongestReaderWait, 2 * Policy().base_interval() * sharing)) {
      feed.OnHeldBack(BudgetSpent(run_id_, wait), now);
      if (!scheduled) continue;
    } else if (wait > kLongestReaderWait) {
      feed.AnswerWithoutPoll(BudgetSpent(run_id_, wait));
      if (!scheduled) continue;
    }
    if (next.feed == nullptr || candidate.due < next.due) next = candidate;
  }
  return next;
}

void RunSchedule::BorrowForReaders(Moment now, base::MonotonicTime& wake) {
  RunFeed* needy = nullptr;
  for (const auto& feed : feeds_) {
    if (feed->HasReaders()) needy = feed.get();
  }
  if (needy == nullptr) {
    readers_since_ = base::MonotonicTime::InfiniteFuture();
    return;
  }
  readers_since_ = std::min(readers_since_, now.at);
  if (now.at >= readers_since_ + kLongestReaderWait) {
    readers_since_ = base::MonotonicTime::InfiniteFuture();
    for (const auto& feed : feeds_) feed->AnswerWithoutPoll(BudgetSpent(run_id_, absl::Seconds(5)));
    return;
  }
  wake = std::min(wake, readers_since_ + kLongestReaderWait);
  // What the owner finds serves the others as well.
  if (ownership_->IsFollowing() && (needy->HasLinkReaders() || !needy->IsScheduled(now))) {
    wake = std::min(wake, ownership_->Borrow(now.at));
  }
}

bool RunSchedule::StartPoll(RunFeed& feed, bool borrowed, Moment now) {
  const PlatformGate::Answer answer = context_.gate.Enter(this, feed.key().stream_id);
  if (answer != PlatformGate::Answer::kEntered) {
    if (waiting_since_ == base::MonotonicTime::InfiniteFuture()) waiting_since_ = now.at;
    waiting_for_ = answer;
    if (answer == PlatformGate::Answer::kClosed) {
      feed.OnHeldBack(GateClosed(run_id_, answer), now);
      // Those of other variants come after this one.
      HoldBackReaders(answer, now);
    }
    return false;
  }
  waiting_since_ = base::MonotonicTime::InfiniteFuture();
  spread_ = std::uniform_real_distribution<double>(-1, 1)(context_.random);

  for (size_t i = 0; i < feeds_.size(); ++i) {
    if (feeds_[i].get() == &feed) last_polled_ = i;
  }
  in_flight_ = true;
  borrowed_ = borrowed_unsent_ = borrowed;
  polled_ = &feed;
  last_attempt_ = now.at;
  if (IsGuess(feed)) guesses_paid_until_ = std::max(guesses_paid_until_, now.at) + kGuessInterval;
  const base::TraceContext trace = feed.OnPollStarted(now);
  context_.client.Poll(
      feed.key(), trace, [this] { return OnSend(); },
      [this](upstream::PollResult result) { OnResult(std::move(result)); });
  return true;
}

bool RunSchedule::OnSend() {
  // The exact gate: nothing is sent that is not paid for, also when curl repeats by itself.
  const base::MonotonicTime now = context_.loop.clock().Now();
  if (borrowed_) return std::exchange(borrowed_unsent_, false);
  if (ownership_ != nullptr && !ownership_->MaySend(now)) return false;
  if (!budget_.Allows(now)) return false;
  budget_.OnSend(now);
  return true;
}

void RunSchedule::OnResult(upstream::PollResult result) {
  const Moment now = Now();
  in_flight_ = false;
  budget_.OnAnswer(now.at, ownership_ != nullptr ? &ownership_->unsaved() : nullptr);
  context_.feeds.metrics.poll_seconds.Observe(absl::ToDoubleSeconds(now.at - last_attempt_));
  RunFeed& feed = *std::exchange(polled_, nullptr);
  if (const auto* answer = std::get_if<upstream::PollAnswer>(&result)) {
    // A run's start is told by the platform's clock, so ours is put on that: what it shows in the
    // answer, it showed when the request went out or later.
    const absl::Time process_start = answer->platform_time.value_or(now.wall) -
                                     (feed.Situation(now).last_send - context_.process_start);
    if (answer->status.has_start_time() &&
        FromTimestamp(answer->status.start_time()) > process_start + kClockTolerance) {
      budget_.DropAssumedPast();
    }
  }
  feed.OnPollResult(result, HasSeenSibling(feed), now);
  if (ownership_ != nullptr) TellOthers(feed, result, now);
  throttled_until_ = IsThrottled(feed.Situation(now).trouble) ? PlanOf(feed, now).due
                                                              : base::MonotonicTime::InfinitePast();
  // Those who wait come before this run's next poll.
  context_.gate.Leave(feed.key().stream_id, run_id_, SignOf(result));
  Settle();
}

bool RunSchedule::HasReaders() const {
  return std::any_of(feeds_.begin(), feeds_.end(),
                     [](const auto& feed) { return feed->HasReaders(); });
}

bool RunSchedule::HasSeenSibling(const RunFeed& feed) const {
  return std::any_of(feeds_.begin(), feeds_.end(), [&](const auto& sibling) {
    return sibling.get() != &feed && sibling->IsSeen();
  });
}

bool RunSchedule::IsGuess(const RunFeed& feed) const {
  return !feed.IsSeen() && HasSeenSibling(feed);
}

void RunSchedule::TellOthers(const RunFeed& feed, const upstream::PollResult& result, Moment now) {
  const auto* failure = std::get_if<upstream::PollFailure>(&result);
  const bool was_sent =
      failure == nullptr || failure->kind != upstream::PollFailureKind::kSendRefused;
  if (was_sent && failure != nullptr && failure->http_status == 0) {
    context_.reach->OnNoAnswer(now.at);
  } else if (was_sent) {
    context_.reach->OnAnswer();
  }
  if (was_sent && !borrowed_ && ownership_->IsOwner()) {
    ownership_->OnPolled(feed.key(), EncodeRecord(feed, failure), Surplus(now.at), now.at);
  }
}

void RunSchedule::TakeRecord(const base::RunKey& key, const std::string& record, bool is_live,
                             bool is_newest, Moment now) {
  RunFeed* const feed = FindFeed(key);
  coordination::v1::RunRecord read;
  if (feed == nullptr || !read.ParseFromString(record)) return;
  feed->OnRecord(read, is_live, is_newest, HasSeenSibling(*feed), now);
  if (!is_newest) return;
  last_attempt_ = std::max(last_attempt_, is_live ? now.at : feed->Situation(now).last_send);
  if (IsThrottled(feed->Situation(now).trouble)) {
    throttled_until_ = std::max(throttled_until_, PlanOf(*feed, now).due);
  }
}

void RunSchedule::OnEngine() {
  ownership_->OnEngine(Now().at);
  Settle();
}

void RunSchedule::OnGap() {
  ownership_->OnGap(Now().at);
  Settle();
}

void RunSchedule::OnSessionLost(const std::string& session) {
  ownership_->OnSessionLost(session, Now().at);
  Settle();
}

void RunSchedule::OnClaimAnswer(const ClaimAnswer& answer) {
  const Moment now = Now();
  const bool has_news = ownership_->OnClaimAnswer(answer, now.at);
  for (const StoredRecord& stored : answer.records) {
    // Those known already are not told again: a failure would count twice.
    if (has_news || !IsSeen(stored.key)) {
      TakeRecord(stored.key, stored.record, /*is_live=*/false, /*is_newest=*/true, now);
    }
  }
  Settle();
}

void RunSchedule::OnPublishAnswer(const PublishAnswer& answer) {
  ownership_->OnPublishAnswer(answer, Now().at);
  Settle();
}

void RunSchedule::OnBorrowAnswer(bool granted) {
  const Moment now = Now();
  ownership_->OnBorrowAnswer(granted, now.at);
  if (granted && !in_flight_) {
    RunFeed* needy = nullptr;
    for (const auto& feed : feeds_) {
      if (feed->HasReaders() && (needy == nullptr || feed->HasLinkReaders())) needy = feed.get();
    }
    if (needy != nullptr) StartPoll(*needy, /*borrowed=*/true, now);
  }
  Settle();
}

void RunSchedule::OnRecord(const SharedRecord& record) {
  const Moment now = Now();
  const RecordOrder order = ownership_->OnRecord(record, now.at);
  if (order != RecordOrder::kNone) {
    TakeRecord(record.key, record.record, /*is_live=*/true, order == RecordOrder::kNewer, now);
  }
  Settle();
}

void RunSchedule::OnWanted(const base::RunKey& key) {
  const Moment now = Now();
  if (RunFeed* feed = FindOrAddFeed(key)) feed->ExtendLinger(now.at + kWantedFor, now);
  Settle();
}

void RunSchedule::AnswerLateReaders(Moment now) {
  if (now.at >= waiting_since_ + kLongestReaderWait) HoldBackReaders(waiting_for_, now);
}

void RunSchedule::HoldBackReaders(PlatformGate::Answer why, Moment now) {
  for (const auto& feed : feeds_) {
    if (feed->HasReaders()) feed->OnHeldBack(GateClosed(run_id_, why), now);
  }
}

BudgetUse RunSchedule::UseOfBudget(Moment now) const {
  return {.minute = budget_.UsedInMinute(now.at),
          .minute_limit = budget_.limits().per_minute,
          .hour = budget_.UsedInHour(now.at),
          .hour_limit = budget_.limits().per_hour};
}

void RunSchedule::AddTo(FollowedRuns& runs) const {
  const Moment now = Now();
  bool followed = false;
  for (const auto& feed : feeds_) {
    if (!feed->IsScheduled(now)) continue;
    followed = true;
    const RunVitals& vitals = feed->vitals();
    if (vitals.freshness.state() != v1::Freshness::STATE_FRESH) ++runs.stale;
    if (feed->IsSeen()) {
      runs.oldest_answer = std::max(runs.oldest_answer, now.at - vitals.last_good_answer_monotonic);
    }
  }
  if (!followed) return;
  ++runs.count;
  const BudgetUse use = UseOfBudget(now);
  runs.minute_used =
      std::max(runs.minute_used, static_cast<double>(use.minute) / std::max(1, use.minute_limit));
  runs.hour_used =
      std::max(runs.hour_used, static_cast<double>(use.hour) / std::max(1, use.hour_limit));
}

void RunSchedule::DropFeed(const base::RunKey& key) {
  std::erase_if(feeds_, [&](const auto& feed) {
    if (feed->key() != key || feed.get() == polled_) return false;
    if (feed->HasFollowers() || feed->HasReaders()) return false;
    context_.kept.Remove(key);
    return true;
  });
  last_polled_ = 0;
}

void RunSchedule::DropDisposableFeeds(Moment now) {
  const size_t before = feeds_.size();
  std::erase_if(feeds_, [&](const auto& feed) {
    if (feed.get() == polled_ || !feed->IsDisposable(now)) return false;
    context_.kept.Remove(feed->key());
    return true;
  });
  if (feeds_.size() != before) last_polled_ = 0;
}

void RunSchedule::UpdateKept(const RunFeed& feed) {
  if (feed.HasFollowers() || !feed.IsSeen()) {
    context_.kept.Remove(feed.key());
  } else {
    context_.kept.Add(feed.key(), feed.newest()->bytes());
  }
}

}  // namespace runcast::runs
