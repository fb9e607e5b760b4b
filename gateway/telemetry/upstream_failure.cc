#include "gateway/telemetry/upstream_failure.h"

namespace runcast::telemetry {

const char* UpstreamFailureName(UpstreamFailure failure) {
  switch (failure) {
    case UpstreamFailure::kConnection:
      return "connection";
    case UpstreamFailure::kTimeout:
      return "timeout";
    case UpstreamFailure::kTls:
      return "tls";
    case UpstreamFailure::kAddress:
      return "address";
    case UpstreamFailure::kEncoding:
      return "encoding";
    case UpstreamFailure::kTooLarge:
      return "too_large";
    case UpstreamFailure::kPlatformError:
      return "platform_error";
    case UpstreamFailure::kMarkup:
      return "markup";
    case UpstreamFailure::kEmpty:
      return "empty";
    case UpstreamFailure::kSyntax:
      return "syntax";
    case UpstreamFailure::kNesting:
      return "nesting";
    case UpstreamFailure::kShape:
      return "shape";
    case UpstreamFailure::kOtherRun:
      return "other_run";
    case UpstreamFailure::kCount:
      break;
  }
  return "unknown";
}

}  // namespace runcast::telemetry
