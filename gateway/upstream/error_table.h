// What bad news from the platform means. The one place that compares HTTP statuses, codes and
// texts of the platform.

#ifndef RUNCAST_GATEWAY_UPSTREAM_ERROR_TABLE_H_
#define RUNCAST_GATEWAY_UPSTREAM_ERROR_TABLE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "gateway/upstream/answer_document.h"
#include "gateway/upstream/status_client.h"

namespace runcast::upstream {

// What may make an immediate repetition succeed.
enum class Remedy {
  kNone,
  kFreshToken,  // The token was seen before.
  kNewSecret,   // The token was refused: worth a repetition if the secret changed.
};

// One rule for an answer. The first row that matches wins.
struct ErrorRow {
  // A status; one digit means its class (4: 400 to 499); 0 means any.
  int http;
  const char* code;  // Equal to the entry's code; empty: any.
  const char* text;  // Lower case: part of the entry's text in any case; empty: any.
  PollFailureKind kind;
  Remedy remedy = Remedy::kNone;
};

// The table for answers, upstream reference, sections 5 and 7.
absl::Span<const ErrorRow> ErrorRows();

// One rule for an exchange that failed without an answer, by the errors of http::HttpClient.
struct ExchangeErrorRow {
  absl::StatusCode code;
  PollFailureKind kind;
  telemetry::UpstreamFailure cause;
};
absl::Span<const ExchangeErrorRow> ExchangeErrorRows();

struct BadNews {
  PollFailure failure;
  Remedy remedy = Remedy::kNone;
};

// Looks up an answer with `http_status` that said `errors`. An HTTP 200 with errors is looked up
// by the status that its code stands for (a code of 400 to 599 is that status, 4002 is 401), or
// else by its words alone. `retry_after` is the header's value, `now` the time of the answer.
BadNews ExplainAnswer(absl::string_view run_id, int http_status,
                      const std::vector<PlatformError>& errors, absl::string_view retry_after,
                      absl::Time now);

// Looks up an exchange that ended without an answer.
PollFailure ExplainExchange(absl::string_view run_id, const absl::Status& error);

// A failure of our own finding; `what` continues `status of run tr-17: `.
PollFailure MakeFailure(PollFailureKind kind, absl::string_view run_id, int http_status,
                        absl::string_view what);

}  // namespace runcast::upstream

#endif  // RUNCAST_GATEWAY_UPSTREAM_ERROR_TABLE_H_
