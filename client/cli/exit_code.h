// How the program ends, as a number for scripts.

#ifndef RUNCAST_CLIENT_CLI_EXIT_CODE_H_
#define RUNCAST_CLIENT_CLI_EXIT_CODE_H_

#include "absl/status/status.h"

namespace runcast::cli {

enum class ExitCode {
  kGood = 0,
  kBad = 1,
  kUsage = 2,
  kFailed = 3,
  kDeadline = 4,
  kInterrupted = 130,
};

// The table that `--help` prints.
inline constexpr char kExitCodeHelp[] =
    "Exit codes:\n"
    "  0    the run finished and is good; or `get` without verdict options answered about a run\n"
    "       that goes on\n"
    "  1    the run finished and is bad: failed, cancelled, of unknown outcome, partly dropped\n"
    "       (see --allow-partial), or a verdict option (--min-…, --max-failures) is not met; a\n"
    "       run that goes on meets none\n"
    "  2    usage: something on the command line is wrong\n"
    "  3    the gateway or the platform failed, or refused\n"
    "  4    the time of --timeout was over\n"
    "  130  interrupted by Ctrl-C or SIGTERM; the run itself goes on\n";

// The code for a call that failed with `error`. Neither kDeadline nor kInterrupted: the other side
// may send these errors too, so who has set a time or was interrupted says so itself.
ExitCode ExitCodeOf(const absl::Status& error);

// From now on SIGINT and SIGTERM end the program at once, with kInterrupted: for when there is
// nothing to clean up.
void ExitOnInterrupt();

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_EXIT_CODE_H_
