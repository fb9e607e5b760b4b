// Reads single values of an answer generously: numbers and booleans may come as strings.

#ifndef RUNCAST_GATEWAY_UPSTREAM_LOOSE_VALUES_H_
#define RUNCAST_GATEWAY_UPSTREAM_LOOSE_VALUES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "gateway/upstream/answer_document.h"

namespace runcast::upstream {

// Rules: upstream reference, section 4.5. Nothing means that the value cannot be read as such.

// A whole number that is not negative: `12`, `12.0`, `"12"`, `"12.0"`.
std::optional<int64_t> ReadCount(const JsonValue& value);
// A finite number: `0.95`, `"0.95"`.
std::optional<double> ReadNumber(const JsonValue& value);
// A finite number from 0 to 1. Anything else would make a verdict with thresholds wrong.
std::optional<double> ReadScore(const JsonValue& value);
// `true`, `"true"` in any case, `1`.
std::optional<bool> ReadFlag(const JsonValue& value);
// A string, cut to at most 512 bytes.
std::optional<std::string> ReadText(const JsonValue& value);
// An id: a string in full, or a whole number as decimal text.
std::optional<std::string> ReadId(const JsonValue& value);
// RFC 3339 with or without a fraction, in UTC or with an offset, in the years 1 to 9999.
std::optional<absl::Time> ReadTime(const JsonValue& value);
// An http or https link byte for byte; blanks and control characters are not part of any.
std::optional<std::string> ReadLink(const JsonValue& value);

}  // namespace runcast::upstream

#endif  // RUNCAST_GATEWAY_UPSTREAM_LOOSE_VALUES_H_
