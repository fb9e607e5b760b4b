#include "gateway/runs/run_ownership.h"

#include <algorithm>
#include <utility>

namespace runcast::runs {
namespace {

// What was sent longer ago counts for nothing.
constexpr absl::Duration kBudgetHour = absl::Hours(1);
// Followers look again at least so often: whatever went missing is found then.
constexpr absl::Duration kSweep = absl::Seconds(15);
// And after so many intervals of silence.
constexpr double kSilentIntervals = 2.5;
// A lost owner is replaced, and claims are made again after the engine's return, within these
// times: no herd arrives at once.
constexpr absl::Duration kTakeoverJitter = absl::Milliseconds(800);
constexpr absl::Duration kReclaimJitter = absl::Seconds(1);
constexpr absl::Duration kReleaseJitter = absl::Milliseconds(150);
// After a claim without an answer.
constexpr absl::Duration kRetry = absl::Milliseconds(300);
// Who would rather leave the run to others waits so long and so often for one to take it.
constexpr absl::Duration kUnownedWait = absl::Milliseconds(700);
constexpr int kUnownedLooks = 3;
// A killed owner can have sent this much that it told nobody: one poll, which is a request and
// its repetition.
constexpr int kUntoldSends = 2;
// After a borrowed slot was refused; the surplus comes back slowly.
constexpr absl::Duration kBorrowRetry = absl::Seconds(1);

}  // namespace

RunOwnership::RunOwnership(std::string run_id, ReplicaView& view, RateBudget& budget,
                           std::mt19937_64& random)
    : run_id_(std::move(run_id)), view_(view), budget_(budget), random_(random) {}

absl::Duration RunOwnership::Random(absl::Duration limit) {
  return limit * std::uniform_real_distribution<double>(0, 1)(random_);
}

bool RunOwnership::HasLease(base::MonotonicTime now) const {
  return now < view_.coordination.lease_until();
}

bool RunOwnership::MayPoll(base::MonotonicTime now) const {
  if (standing_ == Standing::kAlone) return MaySend(now);
  // One poll at most that the engine has not stored: so much a successor is charged for us.
  return MaySend(now) && !publishing_ && pending_.empty();
}

bool RunOwnership::MaySend(base::MonotonicTime now) const {
  if (view_.left) return false;
  return standing_ == Standing::kAlone || (standing_ == Standing::kOwner && HasLease(now));
}

base::MonotonicTime RunOwnership::Settle(const Demand& demand, base::MonotonicTime now) {
  const auto never = base::MonotonicTime::InfiniteFuture();
  if (view_.left) return never;
  if (!view_.engine_up) {
    if (standing_ != Standing::kAlone) GoAlone(now);
    return never;
  }
  if (claiming_ || publishing_) return never;
  if (standing_ == Standing::kOwner && !HasLease(now)) {
    // Somebody else may own it by now.
    view_.metrics.coordination_fenced.Add();
    standing_ = Standing::kNone;
    look_at_ = now;
  }
  if (standing_ == Standing::kOwner) {
    if (!pending_.empty()) {
      PublishNext(now);
      return never;
    }
    if (demand.busy) return never;
    if (!demand.polls) {
      LetGo(demand, /*offered=*/false, now);
      standing_ = Standing::kNone;
    } else if (view_.hands_over || (view_.leaving && is_shared_ && view_.replicas.live > 1)) {
      LetGo(demand, view_.hands_over, now);
      Follow("", now);
      look_at_ = now + kUnownedWait;
      return look_at_;
    }
    return never;
  }
  // Whoever owns the run must know what was sent here, also when nobody here wants it any more.
  if (!demand.polls && unsaved_.empty()) {
    standing_ = Standing::kNone;
    look_at_ = base::MonotonicTime::InfinitePast();
    return never;
  }
  if (now < look_at_) return look_at_;
  Claim(demand);
  return never;
}

void RunOwnership::GoAlone(base::MonotonicTime now) {
  if (standing_ != Standing::kOwner) {
    // What was sent until now is known to its owner, not here; at base pace it was, about.
    const bool followed = standing_ == Standing::kFollowing;
    budget_ = RateBudget(view_.limits, AssumedPast{followed ? now : view_.last_contact,
                                                   view_.policy.base_interval()});
    budget_.Import(unsaved_);
    store_whole_log_ = times_moved_ = false;
    if (followed) alone_from_ = now + Random(view_.alone_policy.base_interval());
  }
  standing_ = Standing::kAlone;
  pending_.clear();
  saving_ = 0;
}

base::MonotonicTime RunOwnership::WhenSilent(base::MonotonicTime now) {
  return now + kSilentIntervals * view_.policy.base_interval() + Random(kTakeoverJitter);
}

void RunOwnership::Follow(const std::string& owner, base::MonotonicTime now) {
  standing_ = Standing::kFollowing;
  owner_ = owner;
  pending_.clear();
  sweep_at_ = now + kSweep * 0.8 + Random(kSweep * 0.2);
  look_at_ = std::min(sweep_at_, WhenSilent(now));
  // The owner must know of them soon.
  if (!unsaved_.empty()) look_at_ = now + Random(kReclaimJitter);
}

void RunOwnership::Claim(const Demand& demand) {
  claiming_ = true;
  saving_ = unsaved_.size();
  view_.coordination.Claim(
      run_id_, ClaimRequest{.variants = demand.variants(),
                            .known_epoch = epoch_,
                            .take = demand.polls &&
                                    (!view_.OthersShouldTake() || unowned_looks_ >= kUnownedLooks),
                            .sends = unsaved_});
}

bool RunOwnership::OnClaimAnswer(const ClaimAnswer& answer, base::MonotonicTime now) {
  claiming_ = false;
  if (!answer.answered) {
    look_at_ = now + kRetry + Random(kRetry);
    return false;
  }
  ForgetSaved();
  const bool has_news = answer.records_epoch > epoch_ ||
                        (answer.records_epoch == epoch_ && answer.records_version > version_);
  if (has_news) {
    epoch_ = answer.records_epoch;
    version_ = answer.records_version;
  }
  if (answer.epoch > epoch_) {
    epoch_ = answer.epoch;
    version_ = 0;
  }
  if (!answer.owned) {
    unowned_looks_ = answer.owner.empty() ? unowned_looks_ + 1 : 0;
    Follow(answer.owner, now);
    if (answer.owner.empty()) look_at_ = now + kUnownedWait;
    if (answer.epoch <= released_epoch_) look_at_ = now + Random(kReleaseJitter);
    return has_news;
  }
  unowned_looks_ = 0;
  const bool knew = standing_ == Standing::kOwner || standing_ == Standing::kAlone;
  standing_ = Standing::kOwner;
  owner_.clear();
  is_shared_ = false;
  last_polled_ = now;
  heard_.clear();
  TakeLog(answer, knew);
  if (answer.after_loss) {
    view_.metrics.coordination_takeovers.Add();
    for (int i = 0; i < kUntoldSends; ++i) budget_.Charge(now, unsaved_);
  }
  return has_news;
}

void RunOwnership::TakeLog(const ClaimAnswer& answer, bool knew) {
  // The engine knows what was since it remembers; whoever stored a whole log knew what was before
  // its oldest send.
  base::MonotonicTime known_since = answer.known_since;
  if (answer.has_whole_log && !answer.sends.empty()) {
    known_since =
        std::min(known_since, *std::min_element(answer.sends.begin(), answer.sends.end()));
  }
  if (knew) {
    store_whole_log_ =
        times_moved_ || (!answer.has_whole_log && budget_.OldestSend() < answer.known_since);
    if (times_moved_) return;
    known_since = std::min(known_since, budget_.assumed_until());
  } else {
    // Of what others sent since, this log knows nothing: it must not pass for knowledge.
    budget_.ForgetAnswered();
    budget_.Import(unsaved_);
    store_whole_log_ = times_moved_ = false;
  }
  SendTimes sends = answer.sends;
  std::erase_if(sends, [&](base::MonotonicTime at) { return at < known_since; });
  budget_.Import(std::move(sends));
  budget_.AssumePastUntil(known_since);
}

void RunOwnership::OnPolled(const base::RunKey& key, std::string record, int surplus,
                            base::MonotonicTime now) {
  if (standing_ != Standing::kOwner) return;
  surplus_ = surplus;
  ChargeForLost(now);
  const auto same = std::find_if(pending_.begin(), pending_.end(),
                                 [&](const StoredRecord& other) { return other.key == key; });
  if (same == pending_.end()) {
    pending_.push_back({key, std::move(record)});
  } else {
    same->record = std::move(record);
  }
  if (view_.engine_up && !publishing_ && HasLease(now)) PublishNext(now);
}

void RunOwnership::ChargeForLost(base::MonotonicTime now) {
  const absl::Duration since = now - std::exchange(last_polled_, now);
  const ReplicaCounts& replicas = view_.replicas;
  if (replicas.lost == 0) return;
  owed_ += absl::FDivDuration(since, view_.policy.base_interval()) * replicas.lost /
           std::max(1, replicas.known());
  for (; owed_ >= 1; --owed_) budget_.Charge(now, unsaved_);
}

void RunOwnership::PublishNext(base::MonotonicTime now) {
  publishing_ = true;
  saving_ = unsaved_.size();
  PublishRequest request{.epoch = epoch_,
                         .version = ++version_,
                         .sends = store_whole_log_ ? budget_.Export(now) : unsaved_,
                         .is_whole_log = store_whole_log_,
                         .heard = heard_,
                         .surplus = surplus_};
  // Set again by whatever makes the log doubtful meanwhile.
  storing_whole_log_ = std::exchange(store_whole_log_, false);
  request.key = pending_.front().key;
  request.record = pending_.front().record;
  view_.coordination.Publish(run_id_, std::move(request));
}

void RunOwnership::OnPublishAnswer(const PublishAnswer& answer, base::MonotonicTime now) {
  publishing_ = false;
  const bool stored_whole_log = std::exchange(storing_whole_log_, false);
  if (!answer.answered) {
    // The record is published again at the next look, unless a newer one has replaced it.
    store_whole_log_ |= stored_whole_log;
    return;
  }
  if (!answer.accepted) {
    if (standing_ != Standing::kOwner) return;
    view_.metrics.coordination_publishes_refused.Add();
    standing_ = Standing::kNone;
    look_at_ = now;
    return;
  }
  ForgetSaved();
  is_shared_ = answer.is_shared;
  if (!pending_.empty()) pending_.erase(pending_.begin());
  budget_.Import(answer.borrowed);
  heard_ = answer.borrowed;
  if (stored_whole_log) {
    times_moved_ = store_whole_log_ && times_moved_;
  } else if (answer.created) {
    // The engine has only what came with this publish: the rest goes with the next.
    store_whole_log_ = true;
  }
}

void RunOwnership::ForgetSaved() {
  unsaved_.erase(unsaved_.begin(),
                 unsaved_.begin() + static_cast<std::ptrdiff_t>(std::exchange(saving_, 0)));
}

bool RunOwnership::IsIdle(base::MonotonicTime now) const {
  const bool has_debts = !unsaved_.empty() && unsaved_.back() + kBudgetHour > now;
  return standing_ != Standing::kOwner && !claiming_ && !publishing_ && !borrowing_ && !has_debts;
}

void RunOwnership::LetGo(const Demand& demand, bool offered, base::MonotonicTime now) {
  if (offered) view_.metrics.coordination_handovers.Add();
  // What the engine does not get now the next claim brings along.
  view_.coordination.Release(run_id_, epoch_, unsaved_,
                             offered ? demand.variants() : std::vector<base::RunKey>());
  look_at_ = now;
}

void RunOwnership::Leave(base::MonotonicTime now) {
  if (standing_ != Standing::kOwner) return;
  for (int i = 0; i < budget_.in_flight(); ++i) {
    // Their answers will not be heard of: they count as late as can be.
    unsaved_.push_back(now + view_.longest_poll + absl::Milliseconds(i));
  }
  view_.coordination.Release(run_id_, epoch_, unsaved_, {});
  standing_ = Standing::kNone;
}

base::MonotonicTime RunOwnership::Borrow(base::MonotonicTime now) {
  if (borrowing_ || !view_.engine_up || view_.left) return base::MonotonicTime::InfiniteFuture();
  if (now < borrow_at_) return borrow_at_;
  borrowing_ = true;
  view_.coordination.Borrow(run_id_, now + view_.longest_poll);
  return base::MonotonicTime::InfiniteFuture();
}

void RunOwnership::OnBorrowAnswer(bool granted, base::MonotonicTime now) {
  borrowing_ = false;
  if (!granted) borrow_at_ = now + kBorrowRetry;
}

void RunOwnership::OnEngine(base::MonotonicTime now) {
  if (!view_.engine_up) return;
  look_at_ = now + Random(kReclaimJitter);
}

void RunOwnership::OnSessionLost(const std::string& session, base::MonotonicTime now) {
  if (standing_ != Standing::kFollowing || owner_ != session) return;
  look_at_ = std::min(look_at_, now + Random(kTakeoverJitter));
}

void RunOwnership::OnGap(base::MonotonicTime now) {
  if (standing_ != Standing::kFollowing) return;
  look_at_ = std::min(look_at_, now + Random(kReclaimJitter));
}

void RunOwnership::OnLogsDoubtful(bool times_moved) {
  // Who is no owner has no log to give, and takes over none of its own.
  if (standing_ != Standing::kOwner && standing_ != Standing::kAlone) return;
  store_whole_log_ = true;
  times_moved_ |= times_moved;
}

RecordOrder RunOwnership::OnRecord(const SharedRecord& record, base::MonotonicTime now) {
  if (record.owner == view_.coordination.session()) return RecordOrder::kNone;
  if (record.record.empty()) {
    released_epoch_ = std::max(released_epoch_, record.epoch);
    if (standing_ == Standing::kFollowing && record.epoch >= epoch_) {
      owner_.clear();
      look_at_ = std::min(look_at_, now + Random(kReleaseJitter));
    }
    return RecordOrder::kNone;
  }
  if (record.epoch < epoch_ || (record.epoch == epoch_ && record.version <= version_)) {
    return standing_ == Standing::kNone ? RecordOrder::kNone : RecordOrder::kOlder;
  }
  epoch_ = record.epoch;
  version_ = record.version;
  if (standing_ == Standing::kNone) return RecordOrder::kNone;
  if (standing_ != Standing::kFollowing || owner_ != record.owner) {
    Follow(record.owner, now);
    return RecordOrder::kNewer;
  }
  if (unsaved_.empty()) look_at_ = std::min(sweep_at_, WhenSilent(now));
  return RecordOrder::kNewer;
}

}  // namespace runcast::runs
