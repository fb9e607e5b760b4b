// Reads UTF-8.

#ifndef RUNCAST_CLIENT_CLI_UTF8_H_
#define RUNCAST_CLIENT_CLI_UTF8_H_

#include <optional>

#include "absl/strings/string_view.h"

namespace runcast::cli {

// Takes one code point from the front of `text`. Nothing, with one byte taken, when the bytes
// there are not UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
// `text` must not be empty.
std::optional<char32_t> TakeCodePoint(absl::string_view& text);

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_UTF8_H_
