#include "gateway/upstream/error_table.h"

#include <cstddef>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gateway/upstream/http_date.h"
#include "gateway/upstream/message_text.h"

namespace runcast::upstream {
namespace {

using Kind = PollFailureKind;
using Cause = telemetry::UpstreamFailure;

// Status first, then code and text; except that the words of a rate refusal count whatever the
// status is, because the status of a refusal is documented nowhere.
constexpr ErrorRow kErrorRows[] = {
    // http, code, text, kind, remedy
    {0, "", "per-minute rate limit", Kind::kThrottledMinute},
    {0, "", "hourly rate limit", Kind::kThrottledHour},
    {0, "", "rate limit", Kind::kThrottled},
    {429, "", "", Kind::kThrottled},

    {401, "", "scope is incorrect", Kind::kScope},
    {401, "", "permission denied", Kind::kScope},
    {401, "", "possibly a replay", Kind::kCredentials, Remedy::kFreshToken},
    {401, "", "error verifying the jwt", Kind::kCredentials, Remedy::kNewSecret},
    // Signature, or the app does not belong to the stream id: not told apart.
    {401, "", "invalid sdk credentials", Kind::kCredentials, Remedy::kNewSecret},
    {401, "", "invalid jwt token", Kind::kCredentials, Remedy::kNewSecret},
    {401, "", "", Kind::kCredentials, Remedy::kNewSecret},
    {4, "4002", "", Kind::kCredentials, Remedy::kNewSecret},
    {403, "", "", Kind::kScope},

    {400, "", "test suite not found", Kind::kSuiteNotFound},
    {400, "", "test result not found", Kind::kRunNotFound},
    {400, "", "invalid request id", Kind::kRunNotFound},
    // The stream id comes from our configuration and the credential was accepted, so neither the
    // run nor the secret is at fault: the request is.
    {400, "", "invalid streamid", Kind::kRejected},
    {400, "", "", Kind::kRejected},
    {404, "", "test suite not found", Kind::kSuiteNotFound},
    {404, "", "test result not found", Kind::kRunNotFound},
    {404, "", "invalid request id", Kind::kRunNotFound},
    {404, "", "invalid streamid", Kind::kRejected},
    // Most likely a run that is not there. A wrong path or host answers so too, and so does a proxy
    // while the platform is not there: without the envelope this becomes kPathNotFound.
    {404, "", "", Kind::kRunNotFound},
    {405, "", "", Kind::kRejected},
    {408, "", "", Kind::kUnavailable},
    {412, "", "", Kind::kRejected},
    {4, "", "", Kind::kRejected},

    {500, "", "", Kind::kUnavailable},
    {502, "", "", Kind::kUnavailable},
    {503, "", "", Kind::kUnavailable},
    {504, "", "", Kind::kUnavailable},
    {5, "", "", Kind::kUnavailable},

    // Redirects are not followed; 2xx other than a status; anything stranger.
    {0, "", "", Kind::kProtocol},
};

constexpr ExchangeErrorRow kExchangeErrorRows[] = {
    {absl::StatusCode::kUnavailable, Kind::kUnavailable, Cause::kConnection},
    {absl::StatusCode::kDeadlineExceeded, Kind::kUnavailable, Cause::kTimeout},
    {absl::StatusCode::kFailedPrecondition, Kind::kUnavailable, Cause::kTls},
    {absl::StatusCode::kPermissionDenied, Kind::kUnavailable, Cause::kAddress},
    {absl::StatusCode::kDataLoss, Kind::kUnavailable, Cause::kEncoding},
    {absl::StatusCode::kResourceExhausted, Kind::kProtocol, Cause::kTooLarge},
    // Not counted by cause: the URL cannot be used; `on_send` said no.
    {absl::StatusCode::kInvalidArgument, Kind::kRejected, Cause::kConnection},
    {absl::StatusCode::kAborted, Kind::kSendRefused, Cause::kConnection},
};

constexpr size_t kLongestMessage = 300;  // PollFailure.message
constexpr size_t kLongestRunId = 64;
constexpr size_t kLongestShown = 160;
constexpr size_t kLongestCode = 16;
constexpr int kUnknownStatus = -1;
constexpr char kUnexplained[] =
    ", which does not say what is missing (a wrong path of the platform looks the same)";

// The status that an error inside an HTTP 2xx stands for.
int StatusOfCode(absl::string_view code) {
  if (code == "4002") return 401;
  int status = 0;
  if (absl::SimpleAtoi(code, &status) && status >= 400 && status <= 599) return status;
  return kUnknownStatus;
}

// Whether the answer is an HTTP 2xx, which means something only by its code and words.
bool IsOk(int http_status) { return http_status >= 200 && http_status <= 299; }

bool StatusMatches(const ErrorRow& row, int http_status, const PlatformError& error) {
  if (row.http == 0) return true;
  const int status = IsOk(http_status) ? StatusOfCode(error.code) : http_status;
  if (status == kUnknownStatus) return *row.text != '\0';
  return row.http == status || row.http == status / 100;
}

struct Match {
  const ErrorRow* row;
  const PlatformError* error;
};

Match FindRow(int http_status, const std::vector<PlatformError>& errors) {
  std::vector<std::string> texts;
  texts.reserve(errors.size());
  for (const PlatformError& error : errors) texts.push_back(absl::AsciiStrToLower(error.text));
  // Rows first: a refusal by rate counts even as the last of several entries.
  for (const ErrorRow& row : kErrorRows) {
    for (size_t i = 0; i < errors.size(); ++i) {
      if (StatusMatches(row, http_status, errors[i]) &&
          (*row.code == '\0' || errors[i].code == row.code) &&
          absl::StrContains(texts[i], row.text)) {
        return {&row, &errors[i]};
      }
    }
  }
  return {&std::end(kErrorRows)[-1], &errors.front()};  // The last row matches everything.
}

}  // namespace

absl::Span<const ErrorRow> ErrorRows() { return kErrorRows; }
absl::Span<const ExchangeErrorRow> ExchangeErrorRows() { return kExchangeErrorRows; }

BadNews ExplainAnswer(absl::string_view run_id, int http_status,
                      const std::vector<PlatformError>& errors, absl::string_view retry_after,
                      absl::Time now) {
  static const auto* const kSilence = new std::vector<PlatformError>{{"", "", false}};
  const Match match = FindRow(http_status, errors.empty() ? *kSilence : errors);

  std::string what = absl::StrCat("HTTP ", http_status);
  if (match.error->from_envelope) {
    if (IsOk(http_status)) absl::StrAppend(&what, " with an error");
    const std::string text = FitToShow(match.error->text, kLongestShown);
    const std::string code = FitToShow(match.error->code, kLongestCode);
    if (!text.empty()) absl::StrAppend(&what, ": ", text);
    if (!code.empty()) absl::StrAppend(&what, " (code ", code, ")");
  }
  const bool unexplained = match.row->kind == Kind::kRunNotFound && *match.row->text == '\0';
  if (unexplained) absl::StrAppend(&what, kUnexplained);
  BadNews news;
  const bool somebody_else = unexplained && !match.error->from_envelope;
  news.failure =
      MakeFailure(somebody_else ? Kind::kPathNotFound : match.row->kind, run_id, http_status, what);
  news.failure.unexplained = unexplained;
  news.failure.retry_after = ParseRetryAfter(retry_after, now);
  news.remedy = match.row->remedy;
  return news;
}

PollFailure ExplainExchange(absl::string_view run_id, const absl::Status& error) {
  const ExchangeErrorRow* found = &kExchangeErrorRows[0];  // Also for what nobody named.
  for (const ExchangeErrorRow& row : kExchangeErrorRows) {
    if (row.code == error.code()) found = &row;
  }
  PollFailure failure = MakeFailure(found->kind, run_id, 0, OneLine(error.message()));
  failure.cause = found->cause;
  return failure;
}

PollFailure MakeFailure(Kind kind, absl::string_view run_id, int http_status,
                        absl::string_view what) {
  PollFailure failure;
  failure.kind = kind;
  failure.http_status = http_status;
  const std::string run = OneLine(run_id);
  failure.message = absl::StrCat("status of run ", CutAtCharacter(run, kLongestRunId),
                                 run.size() > kLongestRunId ? "…: " : ": ", what);
  failure.message.resize(CutAtCharacter(failure.message, kLongestMessage).size());
  return failure;
}

}  // namespace runcast::upstream
