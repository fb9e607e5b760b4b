#include "gateway/runs/run_feed.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/runs/end_prediction.h"
#include "gateway/runs/run_record.h"
#include "gateway/runs/status_merge.h"
#include "gateway/runs/wire_time.h"

namespace runcast::runs {
namespace {

using telemetry::PollOutcome;
using upstream::PollAnswer;
using upstream::PollFailure;

}  // namespace

RunFeed::RunFeed(base::RunKey key, FeedContext& context, uint64_t epoch, Moment now)
    : key_(std::move(key)),
      context_(context),
      epoch_(epoch),
      created_(now.at),
      keep_until_(now.at) {
  vitals_.freshness.set_state(v1::Freshness::STATE_NEVER_SEEN);
  PutTable(now);
}

RunFeed::~RunFeed() { context_.table.Erase(key_); }

void RunFeed::AddFollower(Follower* follower, Moment now) {
  // What was "not found" lately is not asked again, unless it is so new that it may come.
  if (IsNotFound(now) && now.at >= created_ + context_.options.not_found_grace &&
      !refusal_.has_value()) {
    follower->OnFollowEvent(key_, Ended{negative_error_});
    return;
  }
  if (newest_ != nullptr && newest_->terminal()) {
    follower->OnFollowEvent(key_, Admitted{newest_});
    return;
  }
  if (!IsScheduled(now)) {
    // Nobody was asking, so the silence until now says nothing.
    last_alive_ = std::max(last_alive_, now.at);
    scheduled_since_ = now.at;
    polls_.ForgetOutage();
  }
  if (std::find(followers_.begin(), followers_.end(), follower) == followers_.end()) {
    followers_.push_back(follower);
  }
  PutTable(now);
  follower->OnFollowEvent(key_, Admitted{newest_});
  if (refusal_.has_value()) follower->OnFollowEvent(key_, Ended{*refusal_});
}

void RunFeed::RemoveFollower(Follower* follower, Moment now) {
  if (std::erase(followers_, follower) > 0 && followers_.empty()) {
    // What was refused is not worth a poll for those who may come back. Else somebody on another
    // replica may want it for longer.
    if (!refusal_.has_value()) {
      linger_until_ = std::max(linger_until_, now.at + context_.options.linger);
    }
    keep_until_ = std::max(keep_until_, linger_until_ + context_.options.retention);
    PutTable(now);
  }
}

void RunFeed::AddReader(Follower* follower, uint64_t read_id, const ReadRequest& request,
                        Moment now) {
  if (IsNotFound(now)) {
    follower->OnReadAnswer(read_id, ReadAnswer{.error = negative_error_});
    return;
  }
  const bool fresh = vitals_.freshness.state() == v1::Freshness::STATE_FRESH;
  if (newest_ != nullptr && !request.include_report_link &&
      (newest_->terminal() ||
       (IsKeptFresh(now) && fresh && request.max_staleness > absl::ZeroDuration()) ||
       now.at - vitals_.last_good_answer_monotonic < request.max_staleness)) {
    follower->OnReadAnswer(read_id, KnownAnswer(RunError()));
    return;
  }
  // The first one of a run that nobody follows causes a poll; all others share what comes anyway.
  const bool joined = IsScheduled(now) || !readers_.empty() || last_sent_ > last_answered_;
  if (!joined) cause_ = request.trace;
  readers_.push_back(Reader{follower, read_id, request.include_report_link, joined});
}

void RunFeed::OnHeldBack(const RunError& why, Moment now) {
  polls_.OnHeldBack(why, now.at);
  if (newest_ == nullptr) {
    SetNeverSeenReason();
    PutTable(now);
  }
  AnswerReaders(nullptr);
}

void RunFeed::AnswerWithoutPoll(const RunError& why) {
  if (readers_.empty()) return;
  if (polls_.error().reason != Reason::kNone) {
    polls_.error().retry_after = why.retry_after;
  } else if (newest_ == nullptr) {
    polls_.error() = why;
  }
  AnswerReaders(nullptr, why);
}

bool RunFeed::IsScheduled(Moment now) const {
  if (newest_ != nullptr && newest_->terminal()) return false;
  return !followers_.empty() || now.at < linger_until_;
}

bool RunFeed::IsKeptFresh(Moment now) const {
  return IsScheduled(now) && vitals_.last_good_answer_monotonic >= scheduled_since_;
}

bool RunFeed::IsDisposable(Moment now) const {
  return followers_.empty() && readers_.empty() && now.at >= linger_until_ &&
         now.at >= keep_until_ && now.at >= negative_until_;
}

base::MonotonicTime RunFeed::NextDeadline() const {
  const bool terminal = newest_ != nullptr && newest_->terminal();
  base::MonotonicTime next = base::MonotonicTime::InfiniteFuture();
  if (followers_.empty()) {
    next =
        vitals_.followed ? linger_until_ : std::max({linger_until_, keep_until_, negative_until_});
  }
  if (!terminal) next = std::min(next, confirmation_.deadline());
  if (!terminal && !followers_.empty()) {
    if (newest_ != nullptr && vitals_.freshness.state() == v1::Freshness::STATE_FRESH) {
      next = std::min(next, last_alive_ + StaleAfter());
    }
    next = std::min(next, polls_.outage_since() + context_.options.outage_limit);
  }
  return next;
}

PollSituation RunFeed::Situation(Moment now) const {
  PollSituation situation;
  situation.last_send = last_sent_;
  situation.last_answer = last_answered_;
  // Early and dense polls are for somebody who waits.
  if (!followers_.empty()) {
    situation.active_since = active_since_;
    situation.has_end_hint = outlook_.hint() == v1::Freshness::END_HINT_PROGRESS ||
                             outlook_.hint() == v1::Freshness::END_HINT_EARLIER_RUNS;
    situation.expected_end = outlook_.Window(now.at);
  }
  situation.unknown_word = unknown_word_;
  situation.confirming = confirmation_.is_asking();
  polls_.Describe(situation);
  return situation;
}

void RunFeed::OnPlanned(base::MonotonicTime due, absl::Duration interval, const BudgetUse& budget,
                        Moment now) {
  interval_ = interval;
  vitals_.budget = budget;
  if (planned_ == due) return;
  planned_ = due;
  vitals_.next_poll =
      due == base::MonotonicTime::InfinitePast() ? absl::InfinitePast() : now.wall + (due - now.at);
  PutTable(now);
}

base::TraceContext RunFeed::OnPollStarted(Moment now) {
  last_sent_ = now.at;
  base::TraceContext cause = std::exchange(cause_, {});
  // A trace tells the story of one call.
  return readers_.size() == 1 && followers_.empty() ? cause : base::TraceContext();
}

void RunFeed::OnPollResult(upstream::PollResult& result, bool sibling_seen, Moment now) {
  last_answered_ = now.at;
  if (auto* answer = std::get_if<PollAnswer>(&result)) {
    OnGoodAnswer(*answer, now);
  } else {
    const auto& failure = std::get<PollFailure>(result);
    context_.metrics.polls[static_cast<size_t>(MeaningHere(failure.kind).outcome)].Add();
    OnFailure(failure, sibling_seen, now);
    AnswerReaders(nullptr);
  }
  PutTable(now);
}

void RunFeed::OnRecord(const coordination::v1::RunRecord& record, bool is_live, bool is_newest,
                       bool sibling_seen, Moment now) {
  using coordination::v1::RunRecord;
  // Nothing follows a terminal status.
  if (newest_ != nullptr && newest_->terminal()) return;
  highest_percent_ = std::max(highest_percent_, record.highest_percent());
  const bool is_good = record.outcome() == RunRecord::OUTCOME_GOOD;
  absl::Duration age = absl::ZeroDuration();
  if (record.has_facts()) {
    // Clocks differ: what is live has no age but by the time since it was good.
    if (!is_live || !is_good) {
      age = std::max(absl::ZeroDuration(), now.wall - FromTimestamp(record.last_good_answer_at()));
    }
    const absl::Duration kept = record.facts().terminal() ? context_.options.terminal_retention
                                                          : context_.options.retention;
    if (!is_live && age > kept) return;
    const ResumeToken theirs = MakeResumeToken(record.facts());
    const ResumeToken ours = MakeResumeToken(facts_);
    const bool is_ahead = newest_ == nullptr || IsBehind(ours, theirs);
    if (!is_newest && !is_ahead) return;
    // What a bad answer left as it was is no sign of life.
    if (is_good || is_ahead) {
      TakeFacts(record.facts(), FromTimestamp(record.observed_at()), age, now);
    }
  }
  if (!is_newest) return;
  // Whoever owns the run now asks for its end.
  confirmation_.Stop();
  last_sent_ = std::max(last_sent_, now.at - age);
  last_answered_ = last_sent_;
  if (record.outcome() == RunRecord::OUTCOME_WENT_BACK) {
    last_alive_ = now.at;
    polls_.OnGoodAnswer();
    polls_.OnWentBack(now.at);
    if (polls_.WentBackForLong(now.at)) MarkStale(now);
  } else if (record.has_failure()) {
    OnFailure(FailureOf(record), sibling_seen, now);
  }
  if (is_live) AnswerReadersWithoutLink(is_good ? RunError() : polls_.error());
  PutTable(now);
}

void RunFeed::ExtendLinger(base::MonotonicTime until, Moment now) {
  if (until <= linger_until_ || (newest_ != nullptr && newest_->terminal())) return;
  if (!IsScheduled(now)) {
    // As for a first follower.
    last_alive_ = std::max(last_alive_, now.at);
    scheduled_since_ = now.at;
    polls_.ForgetOutage();
  }
  linger_until_ = until;
  keep_until_ = std::max(keep_until_, linger_until_ + context_.options.retention);
  PutTable(now);
}

void RunFeed::OnGoodAnswer(PollAnswer& answer, Moment now) {
  // The end is told only when it is whole, or nothing more comes.
  const bool asks_again = !facts_.terminal() && confirmation_.AsksAgain(answer, now.at);
  v1::RunStatus facts = std::move(answer.status);
  facts.clear_run();
  if (asks_again) facts.set_terminal(false);
  const PollOutcome outcome = TakeFacts(std::move(facts), now.wall, absl::ZeroDuration(), now);
  context_.metrics.polls[static_cast<size_t>(outcome)].Add();
  if (outcome == PollOutcome::kWentBack) {
    AnswerReaders(nullptr, PollRecord::WentBackError());
  } else {
    AnswerReaders(&answer);
  }
}

PollOutcome RunFeed::TakeFacts(v1::RunStatus facts, absl::Time observed_at, absl::Duration age,
                               Moment now) {
  polls_.OnGoodAnswer();
  refusal_.reset();
  negative_until_ = base::MonotonicTime::InfinitePast();
  last_alive_ = std::max(last_alive_, now.at - age);
  context_.credentials.OnAccepted(key_.stream_id);
  const MergeResult merged = MergeAnswer(std::move(facts), facts_);

  if (merged == MergeResult::kWentBack) {
    polls_.OnWentBack(now.at);
    if (polls_.WentBackForLong(now.at)) MarkStale(now);
    return PollOutcome::kWentBack;
  }

  const bool changed = merged == MergeResult::kChanged || newest_ == nullptr;
  polls_.OnWentOn();
  vitals_.last_good_answer = std::max(vitals_.last_good_answer, now.wall - age);
  vitals_.last_good_answer_monotonic = std::max(vitals_.last_good_answer_monotonic, now.at - age);
  UpdateOutlook(now);
  unknown_word_ = facts_.state() == v1::RUN_STATE_UNKNOWN;
  if (!facts_.terminal()) active_since_ = std::min(active_since_, now.at);
  keep_until_ = std::max(keep_until_, now.at - age +
                                          (facts_.terminal() ? context_.options.terminal_retention
                                                             : context_.options.retention));

  const bool was_fresh = vitals_.freshness.state() == v1::Freshness::STATE_FRESH;
  if (changed || !was_fresh) {
    vitals_.freshness.Clear();
    if (!facts_.terminal() && now.at >= last_alive_ + StaleAfter()) {
      polls_.OnSilence();
      SetStale(now);
    } else {
      vitals_.freshness.set_state(v1::Freshness::STATE_FRESH);
      vitals_.freshness.set_end_hint(outlook_.hint());
    }
    Publish(observed_at, now);
  }
  return changed ? PollOutcome::kChanged : PollOutcome::kUnchanged;
}

void RunFeed::UpdateOutlook(Moment now) {
  if (!facts_.terminal()) {
    outlook_.OnActive(key_, now.at, now.wall, facts_, context_.lengths);
    const std::optional<EndWindow> end = outlook_.Window(now.at);
    vitals_.predicted_end =
        end.has_value() ? now.wall + (end->middle() - now.at) : PredictEnd(facts_, now.wall);
    return;
  }
  // A run that was never seen active may have ended long ago, and may have been counted then.
  const bool was_active = outlook_.hint() != v1::Freshness::END_HINT_UNSPECIFIED;
  if (was_active && facts_.state() == v1::RUN_STATE_COMPLETED && facts_.has_start_time() &&
      facts_.has_end_time()) {
    context_.lengths.OnCompleted(
        key_, FromTimestamp(facts_.end_time()) - FromTimestamp(facts_.start_time()));
  }
  outlook_.OnEnded();
  vitals_.predicted_end = absl::InfinitePast();
}

const FailureMeaning& RunFeed::MeaningHere(upstream::PollFailureKind kind) const {
  // Of a run that was seen, the 404 of somebody in between says no more than a 502 does.
  const bool is_unknown = kind == upstream::PollFailureKind::kPathNotFound && newest_ == nullptr;
  return MeaningOf(is_unknown ? upstream::PollFailureKind::kRunNotFound : kind);
}

void RunFeed::OnFailure(const PollFailure& failure, bool sibling_seen, Moment now) {
  const FailureMeaning& meaning = MeaningHere(failure.kind);
  polls_.OnFailure(failure, meaning, interval_, now.at);
  bool refuses = false;
  if (meaning.outcome == PollOutcome::kNotFound) {
    // Who is told in the platform's own words that there is no such run has been let in.
    if (failure.kind != upstream::PollFailureKind::kPathNotFound) {
      context_.credentials.OnAccepted(key_.stream_id);
    }
    refuses = OnNotFound(failure.kind, sibling_seen, now);
  } else if (meaning.trouble == PollTrouble::kRefused) {
    refuses = OnRefused(now);
  }
  if (!refuses && std::exchange(refusal_, std::nullopt).has_value()) {
    // Something else is wrong now, which watches wait through.
    TellFollowers(Admitted{newest_});
  }
  if (newest_ == nullptr) SetNeverSeenReason();
  // One failed poll changes nothing that a watcher sees, nor do two that came densely.
  if (polls_.failures_in_a_row() >= 2 && now.at >= last_alive_ + 1.5 * interval_) MarkStale(now);
}

bool RunFeed::OnNotFound(upstream::PollFailureKind kind, bool sibling_seen, Moment now) {
  polls_.error().retry_after = absl::ZeroDuration();
  if (newest_ == nullptr) {
    RememberNotFound(now);
    if (!sibling_seen && now.at < created_ + context_.options.not_found_grace) return false;
    if (kind == upstream::PollFailureKind::kPathNotFound) {
      EndAllButResumed();
      return true;
    }
    EndFollowers(polls_.error(), now);
    return false;
  }
  if (newest_->terminal() || !polls_.IsDeleted(now.at)) return false;
  polls_.error().reason = Reason::kRunDeleted;
  RememberNotFound(now);
  confirmation_.Stop();
  newest_ = nullptr;
  facts_.Clear();
  keep_until_ = now.at;
  vitals_ = RunVitals();
  vitals_.freshness.set_state(v1::Freshness::STATE_NEVER_SEEN);
  EndFollowers(polls_.error(), now);
  return false;
}

void RunFeed::RememberNotFound(Moment now) {
  negative_error_ = polls_.error();
  // Whoever is told from memory is told without the platform.
  negative_error_.after_upstream = false;
  negative_until_ = now.at + context_.options.not_found_memory;
}

bool RunFeed::OnRefused(Moment now) {
  context_.credentials.OnRefused(key_.stream_id, now.at);
  if (newest_ != nullptr || context_.credentials.IsPatient(key_.stream_id, now.at)) {
    polls_.error().passing = true;
    return false;
  }
  EndAllButResumed();
  return true;
}

void RunFeed::EndAllButResumed() {
  polls_.error().spares_resumed = true;
  polls_.error().retry_after = absl::ZeroDuration();
  const bool is_known = refusal_.has_value();
  refusal_ = polls_.error();
  if (is_known) return;
  TellFollowers(Ended{*refusal_});
}

void RunFeed::Tick(Moment now) {
  if (newest_ != nullptr && IsScheduled(now) && now.at >= last_alive_ + StaleAfter()) {
    polls_.OnSilence();
    MarkStale(now);
  }
  if (now.at >= confirmation_.deadline()) ConcludeEnd(now);
  if (now.at >= polls_.outage_since() + context_.options.outage_limit) {
    // Whoever comes back gets the whole time again.
    polls_.ForgetOutage();
    RunError error = polls_.error();
    error.after_upstream = true;
    error.retry_after = absl::Seconds(10);
    EndFollowers(error, now);
  }
  if (vitals_.followed != IsScheduled(now)) PutTable(now);
}

void RunFeed::ConcludeEnd(Moment now) {
  v1::RunStatus end = confirmation_.TakeEnd();
  end.clear_run();
  MergeAnswer(std::move(end), facts_);
  UpdateOutlook(now);
  keep_until_ = std::max(keep_until_, now.at + context_.options.terminal_retention);
  Publish(now.wall, now);
}

void RunFeed::Publish(absl::Time observed_at, Moment now) {
  v1::RunStatus status = facts_;
  v1::RunReference& run = *status.mutable_run();
  run.set_stream_id(key_.stream_id);
  run.set_suite_name(key_.suite_name);
  run.set_run_id(key_.run_id);
  run.set_language(key_.language);
  run.set_kind(v1::RUN_KIND_BATCH_TEST);
  if (status.progress().has_percent()) {
    // When the total grows, the platform's percentage falls although more is done.
    highest_percent_ = std::max(highest_percent_, status.progress().percent());
    status.mutable_progress()->set_percent(highest_percent_);
  }
  status.set_epoch(epoch_);
  status.set_sequence(++last_sequence_);
  observed_at_ = observed_at;
  *status.mutable_observed_at() = ToTimestamp(observed_at);
  *status.mutable_freshness() = vitals_.freshness;
  newest_ = Snapshot::Make(std::move(status), now.at);
  context_.metrics.snapshots_published.Add();
  if (newest_->terminal()) {
    planned_ = base::MonotonicTime::InfinitePast();
    vitals_.next_poll = absl::InfinitePast();
  }
  // The table first: whoever is told of the snapshot finds it there.
  PutTable(now);
  TellFollowers(Published{newest_});
  if (newest_->terminal()) ForgetFollowers(now);
}

void RunFeed::MarkStale(Moment now) {
  if (newest_ == nullptr || newest_->terminal() || !IsScheduled(now)) return;
  const bool already = vitals_.freshness.state() == v1::Freshness::STATE_STALE;
  const char* reason = ReasonName(polls_.error().reason);
  if (already && vitals_.freshness.reason() == reason) return;
  SetStale(now);
  Publish(observed_at_, now);
}

void RunFeed::SetStale(Moment now) {
  if (vitals_.freshness.state() != v1::Freshness::STATE_STALE) {
    vitals_.freshness.set_state(v1::Freshness::STATE_STALE);
    *vitals_.freshness.mutable_stale_since() = ToTimestamp(now.wall);
  }
  vitals_.freshness.set_reason(ReasonName(polls_.error().reason));
  vitals_.freshness.set_message(polls_.error().message);
}

void RunFeed::SetNeverSeenReason() {
  vitals_.freshness.set_state(v1::Freshness::STATE_NEVER_SEEN);
  vitals_.freshness.set_reason(ReasonName(polls_.error().reason));
  vitals_.freshness.set_message(polls_.error().message);
}

void RunFeed::PutTable(Moment now) {
  vitals_.followed = IsScheduled(now);
  vitals_.kept_fresh = IsKeptFresh(now);
  context_.table.Put(key_, TableEntry{newest_, vitals_});
}

void RunFeed::TellFollowers(const FollowEvent& event) {
  for (Follower* follower : followers_) follower->QueueFollowEvent(key_, event);
  for (Follower* follower : followers_) context_.wakes.Add(*follower);
}

void RunFeed::EndFollowers(const RunError& error, Moment now) {
  TellFollowers(Ended{error});
  ForgetFollowers(now);
}

void RunFeed::ForgetFollowers(Moment now) {
  followers_.clear();
  linger_until_ = base::MonotonicTime::InfinitePast();
  if (newest_ != nullptr) {
    keep_until_ =
        std::max(keep_until_, now.at + (newest_->terminal() ? context_.options.terminal_retention
                                                            : context_.options.retention));
  }
  PutTable(now);
}

ReadAnswer RunFeed::KnownAnswer(const RunError& unconfirmed) const {
  ReadAnswer answer{.snapshot = newest_, .last_good_answer = vitals_.last_good_answer};
  if (unconfirmed.reason != Reason::kNone &&
      newest_->status().freshness().state() == v1::Freshness::STATE_FRESH) {
    // The poll for this reader failed. Watchers may not see that yet, the reader must.
    v1::RunStatus status = newest_->status();
    v1::Freshness& freshness = *status.mutable_freshness();
    freshness.set_state(v1::Freshness::STATE_STALE);
    *freshness.mutable_stale_since() = ToTimestamp(vitals_.last_good_answer);
    freshness.set_reason(ReasonName(unconfirmed.reason));
    freshness.set_message(unconfirmed.message);
    answer.snapshot = Snapshot::Make(std::move(status));
  }
  return answer;
}

void RunFeed::AnswerReaders(const PollAnswer* answer, const RunError& no_answer) {
  if (readers_.empty()) return;
  const std::vector<Reader> readers = std::exchange(readers_, {});
  for (const Reader& reader : readers) {
    ReadAnswer mine;
    if (newest_ == nullptr) {
      mine.error = polls_.error();
    } else if (answer != nullptr) {
      mine = KnownAnswer(RunError());
      if (reader.include_report_link) mine.report_link = answer->report_link;
    } else if (polls_.error().reason != Reason::kNone) {
      mine = KnownAnswer(polls_.error());
    } else {
      // All is well, but whoever wants a link must be told why there is none. And nothing keeps a
      // run fresh that nobody follows.
      const bool is_told = reader.include_report_link || !vitals_.kept_fresh;
      mine = KnownAnswer(is_told ? no_answer : RunError());
    }
    mine.joined = reader.joined;
    reader.follower->OnReadAnswer(reader.read_id, std::move(mine));
  }
}

void RunFeed::AnswerReadersWithoutLink(const RunError& unconfirmed) {
  if (readers_.empty()) return;
  std::vector<Reader> answered;
  std::erase_if(readers_, [&](const Reader& reader) {
    if (reader.include_report_link) return false;
    answered.push_back(reader);
    return true;
  });
  for (const Reader& reader : answered) {
    ReadAnswer mine;
    if (newest_ == nullptr) {
      mine.error = polls_.error();
    } else {
      mine = KnownAnswer(unconfirmed);
    }
    mine.joined = reader.joined;
    reader.follower->OnReadAnswer(reader.read_id, std::move(mine));
  }
}

bool RunFeed::HasLinkReaders() const {
  return std::any_of(readers_.begin(), readers_.end(),
                     [](const Reader& reader) { return reader.include_report_link; });
}

absl::Duration RunFeed::StaleAfter() const {
  // Two intervals, and time for the second answer to arrive: one failed poll must not show.
  return 2 * interval_ + std::min(absl::Seconds(1), interval_ / 2);
}

}  // namespace runcast::runs
