#include "gateway/upstream/poll_reading.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gateway/upstream/http_date.h"
#include "gateway/upstream/status_decoder.h"

namespace runcast::upstream {
namespace {

// Pages of proxies and logins. Other types are judged by their bytes: JSON that calls itself
// text is still JSON.
bool IsMarkup(absl::string_view content_type) {
  const std::string type = absl::AsciiStrToLower(content_type);
  return absl::StrContains(type, "html") || absl::StrContains(type, "xml");
}

bool IsThrottled(PollFailureKind kind) {
  return kind == PollFailureKind::kThrottled || kind == PollFailureKind::kThrottledMinute ||
         kind == PollFailureKind::kThrottledHour;
}

PollReading FromNews(BadNews news) { return {std::move(news.failure), news.remedy}; }

PollReading FromFault(const base::RunKey& key, const http::HttpResponse& response,
                      const ProtocolFault& fault) {
  PollFailure failure =
      MakeFailure(PollFailureKind::kProtocol, key.run_id, response.status,
                  absl::StrCat("HTTP ", response.status, ", but the answer ", fault.reason));
  failure.cause = fault.cause;
  return {std::move(failure), Remedy::kNone};
}

}  // namespace

PollReading ReadExchange(const base::RunKey& key,
                         const absl::StatusOr<http::HttpResponse>& exchange, absl::Time now,
                         const StatusWords& words) {
  if (!exchange.ok()) return {ExplainExchange(key.run_id, exchange.status()), Remedy::kNone};

  const http::HttpResponse& response = *exchange;
  const auto explain = [&](const std::vector<PlatformError>& errors) {
    const absl::Time answered = ParseHttpDate(response.date).value_or(now);
    return ExplainAnswer(key.run_id, response.status, errors, response.retry_after, answered);
  };
  if (response.status != 200) return FromNews(explain(ReadErrors(response.body)));

  ProtocolFault fault{"is a page for people", telemetry::UpstreamFailure::kMarkup};
  if (!IsMarkup(response.content_type)) {
    DecodedAnswer decoded = DecodeStatus(key, response.body, words);
    if (auto* answer = std::get_if<PollAnswer>(&decoded)) return {std::move(*answer)};
    if (const auto* errors = std::get_if<std::vector<PlatformError>>(&decoded)) {
      return FromNews(explain(*errors));
    }
    fault = std::get<ProtocolFault>(std::move(decoded));
  }
  // A refusal by rate may come as plain words; nothing else in a broken answer is believed.
  BadNews news = explain(ReadErrors(response.body));
  if (IsThrottled(news.failure.kind)) return FromNews(std::move(news));
  return FromFault(key, response, fault);
}

}  // namespace runcast::upstream
