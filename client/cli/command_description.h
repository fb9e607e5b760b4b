// Reads what CLI11 knows of the command line into plain data.

#ifndef RUNCAST_CLIENT_CLI_COMMAND_DESCRIPTION_H_
#define RUNCAST_CLIENT_CLI_COMMAND_DESCRIPTION_H_

#include "client/cli/command_tree.h"

namespace CLI {
class App;
}

namespace runcast::cli {

// The program and its commands in the order of `--help`. Footers become sections: a line without
// indent that ends with a colon is a title, what is indented below it the text.
CommandTree Describe(const CLI::App& app);

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_COMMAND_DESCRIPTION_H_
