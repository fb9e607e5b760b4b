// What stands behind a file descriptor: a terminal, how wide, with which abilities.

#ifndef RUNCAST_CLIENT_CLI_TERMINAL_H_
#define RUNCAST_CLIENT_CLI_TERMINAL_H_

#include "client/cli/progress_bar.h"

namespace runcast::cli {

// Whether lines can be drawn over: a terminal, and TERM is not `dumb`.
bool CanRedraw(int fd);

// Width as of now; color unless NO_COLOR is set (no-color.org); Unicode where the locale says so.
LineStyle StyleOf(int fd);

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_TERMINAL_H_
