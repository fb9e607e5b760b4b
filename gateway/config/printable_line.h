// Makes text fit to be shown on one line of a terminal or a log.

#ifndef RUNCAST_GATEWAY_CONFIG_PRINTABLE_LINE_H_
#define RUNCAST_GATEWAY_CONFIG_PRINTABLE_LINE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace runcast::config {

// `text` with every control character, and every byte that is not UTF-8, as `\xNN`. Letters of
// any script stay. Pure.
std::string PrintableLine(absl::string_view text);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_PRINTABLE_LINE_H_
