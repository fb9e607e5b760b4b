// Foreign text on a terminal: made harmless, measured and cut in columns.

#ifndef RUNCAST_CLIENT_CLI_PRINTABLE_TEXT_H_
#define RUNCAST_CLIENT_CLI_PRINTABLE_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace runcast::cli {

// Replaces what could steer a terminal: control characters (C0, DEL, C1), marks that turn the
// direction of text, and bytes that are not UTF-8. Each becomes `?`.
std::string PrintableText(absl::string_view text);

// Columns that printable text takes: two for East Asian wide characters and emoji, none for
// combining marks.
int DisplayWidth(absl::string_view text);

// The text, cut so that it takes at most `columns`, `ellipsis` at its end where something is
// missing.
std::string FitToWidth(absl::string_view text, int columns, absl::string_view ellipsis = "…");

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_PRINTABLE_TEXT_H_
