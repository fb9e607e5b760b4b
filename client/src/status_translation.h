// From gRPC's status to absl::Status, details kept as payloads.

#ifndef RUNCAST_CLIENT_SRC_STATUS_TRANSLATION_H_
#define RUNCAST_CLIENT_SRC_STATUS_TRANSLATION_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace runcast::client {

// Type URLs of the details, which are also the names of the payloads.
inline constexpr absl::string_view kErrorInfoUrl = "type.googleapis.com/google.rpc.ErrorInfo";
inline constexpr absl::string_view kRetryInfoUrl = "type.googleapis.com/google.rpc.RetryInfo";
inline constexpr absl::string_view kBadRequestUrl = "type.googleapis.com/google.rpc.BadRequest";

// `context` says what was tried, such as `status of run tr-17`; it goes in front of the text,
// unless it is empty or the gateway's text says so by itself.
// Details that cannot be read are left out: the code and the text still say what happened.
absl::Status TranslateStatus(const grpc::Status& status, absl::string_view context);

// The same code and payloads with `context` in front of the text, as above.
absl::Status WithContext(const absl::Status& status, absl::string_view context);

// Whether an error speaks of the way to the gateway and not of the run: nobody answered, or a
// gateway that drains or is full asked to go elsewhere.
bool IsConnectionTrouble(const absl::Status& status);

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_STATUS_TRANSLATION_H_
