// What the end of a call says beside its code, read as any gRPC client reads it.

#ifndef RUNCAST_TESTS_E2E_ERROR_DETAILS_H_
#define RUNCAST_TESTS_E2E_ERROR_DETAILS_H_

#include <grpcpp/support/status.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "runcast/details/v1/error_details.pb.h"

namespace runcast::e2e {

// A detail by its type name, such as `google.rpc.RetryInfo`.
template <typename Message>
std::optional<Message> DetailOf(const grpc::Status& status, const std::string& type) {
  details::v1::Status details;
  if (!details.ParseFromString(status.error_details())) return std::nullopt;
  for (const auto& any : details.details()) {
    Message message;
    if (any.type_url() == "type.googleapis.com/" + type && message.ParseFromString(any.value())) {
      return message;
    }
  }
  return std::nullopt;
}

// The reason of an error of ours; empty when it has none.
inline std::string ReasonOf(const grpc::Status& status) {
  const auto info = DetailOf<details::v1::ErrorInfo>(status, "google.rpc.ErrorInfo");
  return info.has_value() && info->domain() == "runcast.v1" ? info->reason() : "";
}

// After how long asking again makes sense; nothing without a hint.
inline std::optional<absl::Duration> RetryDelayOf(const grpc::Status& status) {
  const auto retry = DetailOf<details::v1::RetryInfo>(status, "google.rpc.RetryInfo");
  if (!retry.has_value()) return std::nullopt;
  return absl::Seconds(retry->retry_delay().seconds()) +
         absl::Nanoseconds(retry->retry_delay().nanos());
}

// The fields that a request was refused for.
inline std::vector<std::string> WrongFieldsOf(const grpc::Status& status) {
  std::vector<std::string> fields;
  const auto bad = DetailOf<details::v1::BadRequest>(status, "google.rpc.BadRequest");
  if (!bad.has_value()) return fields;
  for (const auto& violation : bad->field_violations()) fields.push_back(violation.field());
  return fields;
}

}  // namespace runcast::e2e

#endif  // RUNCAST_TESTS_E2E_ERROR_DETAILS_H_
