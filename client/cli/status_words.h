// Statuses and errors in words.

#ifndef RUNCAST_CLIENT_CLI_STATUS_WORDS_H_
#define RUNCAST_CLIENT_CLI_STATUS_WORDS_H_

#include <string>

#include "absl/status/status.h"
#include "client/cli/progress_estimate.h"
#include "runcast/v1/run_status.pb.h"

namespace runcast::cli {

// Pure, all of them. What comes from the platform is made printable.

// `running`; with the platform's own word where it says something else: `cancelled (stopped)`.
std::string StateWords(const v1::RunStatus& status);

// `25 %, 10 of 40`; empty when nothing is known.
std::string ProgressWords(const v1::RunStatus& status);

// `stale since 2030-01-02 03:04:05 UTC: UPSTREAM_UNAVAILABLE`; empty when fresh.
std::string FreshnessWords(const v1::Freshness& freshness);

// The same for a bar that is drawn again and again: `stale for 12s: UPSTREAM_UNAVAILABLE`.
std::string BriefFreshness(const v1::Freshness& freshness, absl::Time now);

// What follows FreshnessWords where there is room: the gateway's own words and what to do, each on
// a line that begins with a line break. Empty when fresh.
std::string FreshnessDetail(const v1::Freshness& freshness);

// The line for a status where there is no progress bar:
// `tr-17 running, 25 %, 10 of 40, 2.1/s, 14s left`.
std::string StatusLine(const v1::RunStatus& status, const ProgressEstimate& estimate,
                       absl::Time now);

// What failed, its reason, and on a second line what to do, such as
// `status of run tr-17: run not found [RUN_NOT_FOUND]`.
std::string ErrorWords(const absl::Status& error);

// That second line with the line break before it: `\n  hint: …`. Empty when nothing can be done.
std::string HintLine(const absl::Status& error);

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_STATUS_WORDS_H_
