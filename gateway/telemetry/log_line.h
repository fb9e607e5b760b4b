// How a log event becomes one line. Pure: no clock, no file.

#ifndef RUNCAST_GATEWAY_TELEMETRY_LOG_LINE_H_
#define RUNCAST_GATEWAY_TELEMETRY_LOG_LINE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "gateway/telemetry/log.h"

namespace runcast::telemetry {

const char* SeverityName(Severity severity);

// One JSON object with the members `time` (RFC 3339, UTC, milliseconds), `severity`, `event`,
// `message` and one for each field. Bytes that are not UTF-8 become U+FFFD. No line end.
std::string JsonLogLine(absl::Time time, Severity severity, absl::string_view event,
                        absl::string_view message, absl::Span<const LogField> fields);

// The same for people: `time SEVERITY event: message name=value …`. Control characters are
// escaped, so that no value can start a line or move the cursor. No line end.
std::string TextLogLine(absl::Time time, Severity severity, absl::string_view event,
                        absl::string_view message, absl::Span<const LogField> fields);

}  // namespace runcast::telemetry

#endif  // RUNCAST_GATEWAY_TELEMETRY_LOG_LINE_H_
