#include "client/src/status_translation.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "runcast/details/v1/error_details.pb.h"
#include "runcast/error_reason.h"

namespace runcast::client {

absl::Status TranslateStatus(const grpc::Status& status, absl::string_view context) {
  if (status.ok()) return absl::OkStatus();
  // The numbers of gRPC and Abseil are the same by design of both.
  absl::Status translated(static_cast<absl::StatusCode>(status.error_code()),
                          absl::StrCat(context, ": ", status.error_message()));
  details::v1::Status details;
  if (details.ParseFromString(status.error_details())) {
    for (const auto& detail : details.details()) {
      translated.SetPayload(detail.type_url(), absl::Cord(detail.value()));
    }
  }
  return translated;
}

absl::Status WithContext(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  absl::Status wrapped(status.code(), absl::StrCat(context, ": ",
                                                   absl::string_view(status.message().data(),
                                                                     status.message().size())));
  status.ForEachPayload([&wrapped](absl::string_view url, const absl::Cord& payload) {
    wrapped.SetPayload(url, payload);
  });
  return wrapped;
}

bool IsConnectionTrouble(const absl::Status& status) {
  if (!absl::IsUnavailable(status)) return false;
  const std::string reason = ErrorReason(status);
  return reason.empty() || reason == "DRAINING" || reason == "OVERLOADED";
}

}  // namespace runcast::client
