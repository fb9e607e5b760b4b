// Why a poll brought nothing that can be used, as a label of a metric.

#ifndef RUNCAST_GATEWAY_TELEMETRY_UPSTREAM_FAILURE_H_
#define RUNCAST_GATEWAY_TELEMETRY_UPSTREAM_FAILURE_H_

namespace runcast::telemetry {

// Of polls whose outcome is `unavailable` or `protocol`; what the platform refuses in known words
// has an outcome of its own.
enum class UpstreamFailure {
  kConnection,     // No name, no connection, reset, or closed before the answer was whole.
  kTimeout,        // Of connecting or of the whole poll.
  kTls,            // The certificate is not good.
  kAddress,        // The name leads to an address that is not allowed.
  kEncoding,       // Not HTTP, or compressed in a way that cannot be undone.
  kTooLarge,       // More than `upstream.max_answer_bytes`.
  kPlatformError,  // Another HTTP status than 200, or an unknown error in a 200.
  kMarkup,         // A page for people: HTML, XML.
  kEmpty,          // A 200 without a body.
  kSyntax,         // Not JSON, or not UTF-8.
  kNesting,        // JSON that is too deep.
  kShape,          // JSON that is no status: no object, a member twice, none of its members.
  kOtherRun,       // The status of another run.
  kCount,
};
const char* UpstreamFailureName(UpstreamFailure failure);

}  // namespace runcast::telemetry

#endif  // RUNCAST_GATEWAY_TELEMETRY_UPSTREAM_FAILURE_H_
