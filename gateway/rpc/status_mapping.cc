#include "gateway/rpc/status_mapping.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "runcast/details/v1/error_details.pb.h"

namespace runcast::rpc {
namespace {

using runs::Reason;

constexpr size_t kMaxText = 512;
constexpr size_t kMaxDetails = 2048;
constexpr size_t kMaxSubject = 256;

// When a caller should ask again.
enum class Retry {
  kNever,   // Not before something else changed: no hint.
  kAsTold,  // As the error says; without a word there, no hint.
  kSoon,    // As the error says; without a word there, within 2 s, spread.
};

struct Row {
  Reason reason;
  grpc::StatusCode code;
  Retry retry;
  bool pushback;       // Says the same in `grpc-retry-pushback-ms`.
  bool headers_first;  // Also when the error does not say so.
  const char* text;    // Where the error has none of its own.
};

// The table of the contract, "Errors". The first row is for our own bugs.
constexpr Row kRows[] = {
    {Reason::kNone, grpc::StatusCode::INTERNAL, Retry::kNever, false, false,
     "the gateway ended the call without a reason"},
    {Reason::kInvalidField, grpc::StatusCode::INVALID_ARGUMENT, Retry::kNever, false, false,
     "the request is not valid"},
    {Reason::kStreamNotServed, grpc::StatusCode::PERMISSION_DENIED, Retry::kNever, false, false,
     "this gateway does not serve the stream id"},
    {Reason::kAccessDenied, grpc::StatusCode::PERMISSION_DENIED, Retry::kNever, false, false,
     "the caller may not see this run"},
    {Reason::kIdentityRequired, grpc::StatusCode::UNAUTHENTICATED, Retry::kNever, false, false,
     "the caller must prove its identity"},
    {Reason::kRunNotFound, grpc::StatusCode::NOT_FOUND, Retry::kAsTold, false, false,
     "the platform knows no such run"},
    {Reason::kSuiteNotFound, grpc::StatusCode::NOT_FOUND, Retry::kAsTold, false, false,
     "the platform knows no such test suite"},
    {Reason::kRunDeleted, grpc::StatusCode::NOT_FOUND, Retry::kNever, false, false,
     "the platform knew the run and does not any more"},
    {Reason::kUpstreamCredentials, grpc::StatusCode::PERMISSION_DENIED, Retry::kAsTold, false,
     false, "the platform refuses the gateway's credentials"},
    {Reason::kUpstreamScope, grpc::StatusCode::PERMISSION_DENIED, Retry::kAsTold, false, false,
     "the gateway's credentials lack the scope for this"},
    {Reason::kUpstreamUnavailable, grpc::StatusCode::UNAVAILABLE, Retry::kSoon, false, true,
     "the platform does not answer"},
    {Reason::kUpstreamProtocol, grpc::StatusCode::UNAVAILABLE, Retry::kSoon, false, true,
     "the platform's answer cannot be understood"},
    {Reason::kRunBudgetSpent, grpc::StatusCode::RESOURCE_EXHAUSTED, Retry::kSoon, false, false,
     "the calls allowed for this run are spent"},
    {Reason::kRunVariants, grpc::StatusCode::RESOURCE_EXHAUSTED, Retry::kAsTold, false, false,
     "too many spellings of one run are followed"},
    {Reason::kCallerLimit, grpc::StatusCode::RESOURCE_EXHAUSTED, Retry::kSoon, false, false,
     "the caller is over its limit"},
    {Reason::kDraining, grpc::StatusCode::UNAVAILABLE, Retry::kSoon, true, false,
     "this gateway shuts down; another one serves"},
    {Reason::kOverloaded, grpc::StatusCode::UNAVAILABLE, Retry::kSoon, true, false,
     "this gateway is full"},
    {Reason::kStreamMaxAge, grpc::StatusCode::UNAVAILABLE, Retry::kSoon, false, true,
     "the stream reached its age; open it again with the last resume token"},
    {Reason::kUpstreamWentBack, grpc::StatusCode::UNAVAILABLE, Retry::kSoon, false, true,
     "the platform reports an older state than before"},
};

const Row& RowOf(Reason reason) {
  const Row* const row = std::find_if(std::begin(kRows), std::end(kRows),
                                      [&](const Row& each) { return each.reason == reason; });
  return row == std::end(kRows) ? kRows[0] : *row;
}

// Cuts at a character, not within one.
std::string Cut(absl::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return std::string(text.substr(0, limit));
}

// Collects details for as long as they fit.
class Details {
 public:
  Details(grpc::StatusCode code, const std::string& text, Reason reason) {
    status_.set_code(code);
    status_.set_message(text);
    details::v1::ErrorInfo info;
    info.set_reason(runs::ReasonName(reason));
    info.set_domain("runcast.v1");
    Add("google.rpc.ErrorInfo", info);
  }

  void AddRetry(absl::Duration delay) {
    details::v1::RetryInfo retry;
    const absl::Duration whole = absl::Trunc(delay, absl::Milliseconds(1));
    retry.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(whole));
    retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(
        absl::ToInt64Nanoseconds(whole - absl::Seconds(absl::ToInt64Seconds(whole)))));
    Add("google.rpc.RetryInfo", retry);
  }

  void AddQuota(absl::string_view subject, absl::string_view limit) {
    details::v1::QuotaFailure quota;
    auto* const violation = quota.add_violations();
    violation->set_subject(Cut(subject, kMaxSubject));
    violation->set_description(std::string(limit));
    Add("google.rpc.QuotaFailure", quota);
  }

  void Add(absl::string_view type, const google::protobuf::MessageLite& detail) {
    google::protobuf::Any* const any = status_.add_details();
    any->set_type_url(absl::StrCat("type.googleapis.com/", type));
    any->set_value(detail.SerializeAsString());
    if (status_.ByteSizeLong() > kMaxDetails) status_.mutable_details()->RemoveLast();
  }

  std::string Serialize() const { return status_.SerializeAsString(); }

 private:
  details::v1::Status status_;
};

CallEnd MakeEnd(const Row& row, const std::string& text, const Details& details) {
  CallEnd end;
  end.status = grpc::Status(row.code, text, details.Serialize());
  end.reason = row.reason == Reason::kNone ? "INTERNAL" : runs::ReasonName(row.reason);
  end.headers_first = row.headers_first;
  return end;
}

}  // namespace

CallEnd MapError(const runs::RunError& error, double spread) {
  Row row = RowOf(error.reason);
  if (error.passing) {
    // Whoever asks again gets another answer: the same as from a platform that is down.
    const Row& down = RowOf(Reason::kUpstreamUnavailable);
    row.code = down.code;
    row.retry = down.retry;
    row.headers_first = down.headers_first;
  }
  std::string text = Cut(error.message.empty() ? row.text : error.message, kMaxText);
  Details details(row.code, text, row.reason);
  absl::Duration delay = error.retry_after;
  bool has_hint = row.retry != Retry::kNever && delay > absl::ZeroDuration();
  if (!has_hint && row.retry == Retry::kSoon) {
    delay = absl::Seconds(2) * std::clamp(spread, 0.0, 1.0);
    has_hint = true;
  }
  if (has_hint) details.AddRetry(delay);
  // The hub's own limits: it knows whom it refused, the caller knows too.
  if (row.reason == Reason::kCallerLimit) details.AddQuota("caller", text);
  CallEnd end = MakeEnd(row, text, details);
  if (row.pushback) end.pushback_ms = absl::ToInt64Milliseconds(delay);
  if (error.after_upstream) end.headers_first = true;
  return end;
}

CallEnd MapViolations(const std::vector<FieldViolation>& violations) {
  const Row& row = RowOf(Reason::kInvalidField);
  std::string text = row.text;
  if (!violations.empty()) {
    text = absl::StrCat(violations[0].field, ": ", violations[0].description);
    if (violations.size() > 1) {
      absl::StrAppend(&text, " (and ", violations.size() - 1, " more)");
    }
  }
  text = Cut(text, kMaxText);
  Details details(row.code, text, row.reason);
  details::v1::BadRequest bad_request;
  for (const FieldViolation& violation : violations) {
    auto* const entry = bad_request.add_field_violations();
    entry->set_field(violation.field);
    entry->set_description(violation.description);
  }
  details.Add("google.rpc.BadRequest", bad_request);
  return MakeEnd(row, text, details);
}

CallEnd MapCallerLimit(absl::string_view caller, absl::string_view limit) {
  const Row& row = RowOf(Reason::kCallerLimit);
  std::string text = Cut(absl::StrCat(row.text, ": ", limit), kMaxText);
  Details details(row.code, text, row.reason);
  details.AddRetry(absl::Seconds(1));
  details.AddQuota(caller, limit);
  return MakeEnd(row, text, details);
}

}  // namespace runcast::rpc
