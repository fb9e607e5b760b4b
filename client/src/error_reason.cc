#include "runcast/error_reason.h"

#include "absl/strings/cord.h"
#include "client/src/status_translation.h"
#include "runcast/details/v1/error_details.pb.h"

namespace runcast::client {
namespace {

// The detail of that type, or nothing when it is missing or broken.
template <typename Detail>
std::optional<Detail> ReadDetail(const absl::Status& status, absl::string_view url) {
  const auto payload = status.GetPayload(url);
  if (!payload) return std::nullopt;
  Detail detail;
  if (!detail.ParseFromString(std::string(*payload))) return std::nullopt;
  return detail;
}

}  // namespace

std::string ErrorReason(const absl::Status& status) {
  const auto info = ReadDetail<details::v1::ErrorInfo>(status, kErrorInfoUrl);
  return info ? info->reason() : "";
}

std::optional<absl::Duration> RetryDelay(const absl::Status& status) {
  const auto info = ReadDetail<details::v1::RetryInfo>(status, kRetryInfoUrl);
  if (!info) return std::nullopt;
  return absl::Seconds(info->retry_delay().seconds()) +
         absl::Nanoseconds(info->retry_delay().nanos());
}

std::vector<FieldViolation> FieldViolations(const absl::Status& status) {
  std::vector<FieldViolation> violations;
  const auto bad_request = ReadDetail<details::v1::BadRequest>(status, kBadRequestUrl);
  if (!bad_request) return violations;
  for (const auto& violation : bad_request->field_violations()) {
    violations.push_back({violation.field(), violation.description()});
  }
  return violations;
}

}  // namespace runcast::client
