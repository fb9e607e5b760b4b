// One run in one variant: what is known of it, who follows it, who waits for an answer.
//
// Fed with the results of polls by its schedule (run_schedule.h); decides what becomes a new
// status, when the run counts as stale, and when watching it ends. Source of every rule:
// contract, "What becomes a new status", and WatchRun, sentence 7.
//
//                    good answer                    terminal answer
//   never seen ──────────────────────▶ fresh ◀────────────────────────▶ ended (kept)
//       │ not found beyond the grace     │ ▲ two failures, or silence
//       │ outage limit                   ▼ │ good answer
//       ▼                               stale ───▶ gone: not found three times over 10 s,
//      gone                                             or the outage limit

#ifndef RUNCAST_GATEWAY_RUNS_RUN_FEED_H_
#define RUNCAST_GATEWAY_RUNS_RUN_FEED_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gateway/base/clock.h"
#include "gateway/base/run_key.h"
#include "gateway/base/trace_context.h"
#include "gateway/runs/credential_history.h"
#include "gateway/runs/end_confirmation.h"
#include "gateway/runs/end_outlook.h"
#include "gateway/runs/failure_meaning.h"
#include "gateway/runs/follower_wakes.h"
#include "gateway/runs/poll_policy.h"
#include "gateway/runs/poll_record.h"
#include "gateway/runs/run_error.h"
#include "gateway/runs/run_hub.h"
#include "gateway/runs/run_lengths.h"
#include "gateway/runs/snapshot_table.h"
#include "gateway/telemetry/metrics.h"
#include "gateway/upstream/status_client.h"
#include "runcast/coordination/v1/run_record.pb.h"

namespace runcast::runs {

// One moment on both clocks.
struct Moment {
  base::MonotonicTime at;
  absl::Time wall;
};

// How long what lasts; meanings: PollingConfig in proto/runcast/config/v1.
struct FeedOptions {
  absl::Duration linger = absl::Seconds(30);
  absl::Duration terminal_retention = absl::Minutes(10);
  absl::Duration retention = absl::Seconds(60);
  absl::Duration not_found_memory = absl::Seconds(5);
  absl::Duration not_found_grace = absl::Seconds(10);
  absl::Duration outage_limit = absl::Minutes(15);
};

// What all feeds share. Everything outlives them.
struct FeedContext {
  FeedOptions options;
  FollowerWakes& wakes;
  SnapshotTable& table;
  telemetry::Metrics& metrics;
  CredentialHistory& credentials;
  RunLengths& lengths;
};

// Threads: poll loop only; everything here runs to its end without calling back into the feed.
// Lifetime: the context outlives the feed; followers outlive their following.
class RunFeed {
 public:
  RunFeed(base::RunKey key, FeedContext& context, uint64_t epoch, Moment now);
  ~RunFeed();
  RunFeed(const RunFeed&) = delete;
  RunFeed& operator=(const RunFeed&) = delete;

  // Answers with Admitted or Ended; a terminal status in the answer ends the following.
  void AddFollower(Follower* follower, Moment now);
  void RemoveFollower(Follower* follower, Moment now);

  // Answers at once if it can; otherwise the reader waits for the next poll.
  void AddReader(Follower* follower, uint64_t read_id, const ReadRequest& request, Moment now);
  // The next poll is far off for this reason: answers the waiting readers with what there is, and
  // tells watchers of a run that was never seen why.
  void OnHeldBack(const RunError& why, Moment now);
  // The next poll comes when it should, but later than a reader waits: answers with what there
  // is, and only where that is nothing with `why`.
  void AnswerWithoutPoll(const RunError& why);

  // Whether polls go on without a reader asking for them.
  bool IsScheduled(Moment now) const;
  // Whether a good answer has come since polls go on, so that "fresh" says something.
  bool IsKeptFresh(Moment now) const;
  bool HasReaders() const { return !readers_.empty(); }
  bool HasFollowers() const { return !followers_.empty(); }
  // Whether the last poll went wrong in a way that asks for patience.
  bool HasTrouble() const { return polls_.HasTrouble(); }
  // Whether a good answer was ever seen, and whether the last answer was "not found".
  bool IsSeen() const { return newest_ != nullptr; }
  bool IsNotFound(Moment now) const { return !IsSeen() && now.at < negative_until_; }
  // Whether nothing here is of use any more.
  bool IsDisposable(Moment now) const;
  // When something changes without a poll: stale, linger or retention over, outage limit. What
  // lies in the past was done by Tick.
  base::MonotonicTime NextDeadline() const;

  // For the poll policy.
  PollSituation Situation(Moment now) const;

  // When the schedule will poll next (InfinitePast: not planned), at which interval this variant
  // is polled, and what the run id has spent by now.
  void OnPlanned(base::MonotonicTime due, absl::Duration interval, const BudgetUse& budget,
                 Moment now);
  // Returns the trace of the reader that alone caused the poll; empty when several share it.
  base::TraceContext OnPollStarted(Moment now);
  // `sibling_seen`: another variant of the run id exists on the platform, so that "not found"
  // is no delay of the platform. Takes the status out of a good answer.
  void OnPollResult(upstream::PollResult& result, bool sibling_seen, Moment now);

  // The outcome of a poll that another replica made; with coordination only. `is_live`: it has
  // just been made, else it was stored some time ago. `is_newest`: nobody has told a later one; an
  // earlier one counts only where it shows more progress.
  void OnRecord(const coordination::v1::RunRecord& record, bool is_live, bool is_newest,
                bool sibling_seen, Moment now);
  // Somebody follows the run on another replica, until then at least.
  void ExtendLinger(base::MonotonicTime until, Moment now);

  // The run is polled this often from now on, which is oftener than before.
  void OnPaceRaised(absl::Duration interval, Moment now) {
    last_alive_ = std::max(last_alive_, now.at - interval);
  }

  // Time passed: does what is due.
  void Tick(Moment now);

  const base::RunKey& key() const { return key_; }
  const SnapshotPtr& newest() const { return newest_; }
  const RunVitals& vitals() const { return vitals_; }
  // The platform's facts alone, when they were first seen, and whether its last answer was behind
  // them.
  const v1::RunStatus& facts() const { return facts_; }
  absl::Time observed_at() const { return observed_at_; }
  double highest_percent() const { return highest_percent_; }
  bool HasEnded() const { return newest_ != nullptr && newest_->terminal(); }
  bool ShowsOlderState() const { return polls_.IsBehind(); }
  bool HasLinkReaders() const;

 private:
  struct Reader {
    Follower* follower;
    uint64_t read_id;
    bool include_report_link;
    bool joined;
  };

  void OnGoodAnswer(upstream::PollAnswer& answer, Moment now);
  // Takes what a good answer of `age` ago says. Says what it was: changed, unchanged, went back.
  telemetry::PollOutcome TakeFacts(v1::RunStatus facts, absl::Time observed_at, absl::Duration age,
                                   Moment now);
  // What a failure of this kind means to this run.
  const FailureMeaning& MeaningHere(upstream::PollFailureKind kind) const;
  void OnFailure(const upstream::PollFailure& failure, bool sibling_seen, Moment now);
  // These two return whether all watches but those that resumed have ended.
  bool OnNotFound(upstream::PollFailureKind kind, bool sibling_seen, Moment now);
  bool OnRefused(Moment now);
  void RememberNotFound(Moment now);
  void EndAllButResumed();
  // The end that was not whole counts as it is.
  void ConcludeEnd(Moment now);
  // After a good answer: learns from it when the run will end, or how long it took.
  void UpdateOutlook(Moment now);

  // Freezes what is known as the next snapshot and hands it to everybody.
  void Publish(absl::Time observed_at, Moment now);
  void SetStale(Moment now);
  // Marks the run stale, if it is scheduled and was fresh. Nothing is known: says why.
  void MarkStale(Moment now);
  void SetNeverSeenReason();
  void PutTable(Moment now);
  void TellFollowers(const FollowEvent& event);
  // Ends all following.
  void EndFollowers(const RunError& error, Moment now);
  void ForgetFollowers(Moment now);
  // Without an answer of the platform: `no_answer` says why, should nothing be wrong otherwise.
  void AnswerReaders(const upstream::PollAnswer* answer, const RunError& no_answer = {});
  // Those that a poll made elsewhere can answer; it brings no link.
  void AnswerReadersWithoutLink(const RunError& unconfirmed);
  // What is known; marked stale for this reader when there is a reason why it is unconfirmed.
  ReadAnswer KnownAnswer(const RunError& unconfirmed) const;
  absl::Duration StaleAfter() const;

  const base::RunKey key_;
  FeedContext& context_;
  const uint64_t epoch_;
  const base::MonotonicTime created_;

  std::vector<Follower*> followers_;
  std::vector<Reader> readers_;
  base::TraceContext cause_;  // Of the reader that causes the next poll.
  base::MonotonicTime linger_until_ = base::MonotonicTime::InfinitePast();
  base::MonotonicTime keep_until_;

  // What is known.
  v1::RunStatus facts_;  // The platform's facts alone.
  SnapshotPtr newest_;
  uint64_t last_sequence_ = 0;
  RunVitals vitals_;
  absl::Time observed_at_ = absl::InfinitePast();
  base::MonotonicTime active_since_ = base::MonotonicTime::InfiniteFuture();
  double highest_percent_ = 0;  // Of all that was published.
  bool unknown_word_ = false;
  EndOutlook outlook_;

  // The platform's last signs of life for this run: good answers, and older ones.
  // Since when polls go on, if they do.
  base::MonotonicTime scheduled_since_ = base::MonotonicTime::InfinitePast();
  base::MonotonicTime last_alive_ = base::MonotonicTime::InfinitePast();
  base::MonotonicTime last_sent_ = base::MonotonicTime::InfinitePast();
  base::MonotonicTime last_answered_ = base::MonotonicTime::InfinitePast();
  absl::Duration interval_ = absl::Seconds(2);
  base::MonotonicTime planned_ = base::MonotonicTime::InfinitePast();  // The next poll.

  PollRecord polls_;
  EndConfirmation confirmation_;
  // What ended all watches but those that had resumed, as long as it lasts: refused credentials
  // that nobody is expected to mend soon, or a 404 that may not be of the platform.
  std::optional<RunError> refusal_;

  // "Not found" is remembered until then, with this error.
  base::MonotonicTime negative_until_ = base::MonotonicTime::InfinitePast();
  RunError negative_error_;
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_RUN_FEED_H_
