#include "gateway/runs/run_record.h"

#include <algorithm>

#include "gateway/runs/wire_time.h"

namespace runcast::runs {
namespace {

using coordination::v1::RunRecord;
using upstream::PollFailureKind;

// The numbers of PollFailureKind travel between versions: new kinds go to its end.
static_assert(static_cast<int>(PollFailureKind::kPathNotFound) == 11);

}  // namespace

std::string EncodeRecord(const RunFeed& feed, const upstream::PollFailure* failure) {
  RunRecord record;
  record.set_highest_percent(feed.highest_percent());
  if (feed.IsSeen()) {
    *record.mutable_facts() = feed.facts();
    *record.mutable_observed_at() = ToTimestamp(feed.observed_at());
  }
  if (feed.vitals().last_good_answer != absl::InfinitePast()) {
    *record.mutable_last_good_answer_at() = ToTimestamp(feed.vitals().last_good_answer);
  }
  if (failure != nullptr) {
    record.set_outcome(RunRecord::OUTCOME_FAILED);
    coordination::v1::PollFailure& told = *record.mutable_failure();
    told.set_kind(static_cast<uint32_t>(failure->kind));
    told.set_message(failure->message);
    told.set_http_status(failure->http_status);
    if (failure->retry_after.has_value()) {
      const int64_t seconds =
          absl::ToInt64Seconds(absl::Ceil(*failure->retry_after, absl::Seconds(1)));
      told.mutable_retry_after()->set_seconds(seconds);
    }
  } else {
    record.set_outcome(feed.ShowsOlderState() ? RunRecord::OUTCOME_WENT_BACK
                                              : RunRecord::OUTCOME_GOOD);
  }
  return record.SerializeAsString();
}

upstream::PollFailure FailureOf(const RunRecord& record) {
  const coordination::v1::PollFailure& told = record.failure();
  upstream::PollFailure failure;
  failure.kind = told.kind() <= static_cast<uint32_t>(PollFailureKind::kPathNotFound)
                     ? static_cast<PollFailureKind>(told.kind())
                     : PollFailureKind::kUnavailable;
  failure.message = told.message();
  failure.http_status = told.http_status();
  if (told.has_retry_after()) failure.retry_after = absl::Seconds(told.retry_after().seconds());
  return failure;
}

}  // namespace runcast::runs
