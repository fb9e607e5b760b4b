#include "client/src/status_translation.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/src/connection_text.h"
#include "runcast/details/v1/error_details.pb.h"
#include "runcast/error_reason.h"

namespace runcast::client {
namespace {

// The context in front of the text, unless the text says by itself what it is about, as the
// gateway's own words about a poll do.
std::string InContext(absl::string_view context, absl::string_view text) {
  if (context.empty() || absl::StartsWith(text, "status of run ")) return std::string(text);
  return absl::StrCat(context, ": ", text);
}

}  // namespace

absl::Status TranslateStatus(const grpc::Status& status, absl::string_view context) {
  if (status.ok()) return absl::OkStatus();
  // The numbers of gRPC and Abseil are the same by design of both.
  absl::Status translated(static_cast<absl::StatusCode>(status.error_code()),
                          InContext(context, ConnectionText(status.error_message())));
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
  absl::Status wrapped(
      status.code(),
      InContext(context, absl::string_view(status.message().data(), status.message().size())));
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
