// Makes text of the platform fit to be shown to people.

#ifndef RUNCAST_GATEWAY_UPSTREAM_MESSAGE_TEXT_H_
#define RUNCAST_GATEWAY_UPSTREAM_MESSAGE_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace runcast::upstream {

// The longest beginning of valid UTF-8 text that has at most `max_bytes` and cuts no character.
absl::string_view CutAtCharacter(absl::string_view text, size_t max_bytes);

// One line of valid UTF-8: control characters, line separators and marks that turn the direction
// of writing become blanks, runs of blanks one, bytes that are no UTF-8 `?`.
std::string OneLine(absl::string_view text);

// Replaces what looks like a token, a secret or a link. Meant to hide too much rather than too
// little: every URL, everything with a query, JSON web tokens (also cut ones), and every run of
// more than 40 characters of base64. The ids of the platform are shorter.
std::string MaskSecrets(absl::string_view text);

// All of the above: one line, masked, at most `max_bytes`.
std::string FitToShow(absl::string_view text, size_t max_bytes);

}  // namespace runcast::upstream

#endif  // RUNCAST_GATEWAY_UPSTREAM_MESSAGE_TEXT_H_
