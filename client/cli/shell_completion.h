// Completion of `runcast` in shells.

#ifndef RUNCAST_CLIENT_CLI_SHELL_COMPLETION_H_
#define RUNCAST_CLIENT_CLI_SHELL_COMPLETION_H_

#include <string>

#include "client/cli/command_tree.h"

namespace runcast::cli {

// Scripts that the shells read: commands, options, choices and, for options that take a FILE,
// files. Names of runs are not completed, for that would ask a gateway. Pure.
std::string BashCompletion(const CommandTree& tree);
std::string ZshCompletion(const CommandTree& tree);
std::string FishCompletion(const CommandTree& tree);

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_SHELL_COMPLETION_H_
