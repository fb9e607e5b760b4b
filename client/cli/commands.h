// What `runcast get`, `runcast watch` and `runcast doctor` do.

#ifndef RUNCAST_CLIENT_CLI_COMMANDS_H_
#define RUNCAST_CLIENT_CLI_COMMANDS_H_

#include "client/cli/command_line.h"
#include "client/cli/exit_code.h"

namespace runcast::cli {

// Data goes to stdout, words to stderr. Each makes its own client, so call them before other
// threads run.
ExitCode RunGet(const CommandLine& line);
ExitCode RunWatch(const CommandLine& line);
ExitCode RunDoctor(const CommandLine& line);

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_COMMANDS_H_
