// From the bytes of a good answer to a run status.

#ifndef RUNCAST_GATEWAY_UPSTREAM_STATUS_DECODER_H_
#define RUNCAST_GATEWAY_UPSTREAM_STATUS_DECODER_H_

#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/base/run_key.h"
#include "gateway/telemetry/upstream_failure.h"
#include "gateway/upstream/answer_document.h"
#include "gateway/upstream/status_client.h"
#include "gateway/upstream/status_words.h"

namespace runcast::upstream {

// The answer cannot be believed or understood. `reason` is a half sentence that continues
// `the answer …`, such as `is not JSON`, without anything of the answer in it.
struct ProtocolFault {
  std::string reason;
  telemetry::UpstreamFailure cause = telemetry::UpstreamFailure::kShape;
};

// An HTTP 200 can hold a status, an error envelope, or nonsense.
using DecodedAnswer = std::variant<PollAnswer, std::vector<PlatformError>, ProtocolFault>;

// Reads the body of an HTTP 200 by the rules of the upstream reference, sections 4.3 to 4.6:
// every member may be absent, null, or of another type than documented. Progress is derived
// and clamped, the end of a run judged by word and evidence. Pure.
DecodedAnswer DecodeStatus(const base::RunKey& key, absl::string_view body,
                           const StatusWords& words);

}  // namespace runcast::upstream

#endif  // RUNCAST_GATEWAY_UPSTREAM_STATUS_DECODER_H_
