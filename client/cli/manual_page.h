// The manual page of `runcast`.

#ifndef RUNCAST_CLIENT_CLI_MANUAL_PAGE_H_
#define RUNCAST_CLIENT_CLI_MANUAL_PAGE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "client/cli/command_tree.h"

namespace runcast::cli {

// The page runcast(1) in roff with the macros of man(7); for man and mandoc. What all commands
// that ask a gateway have in common is written once. Pure.
std::string ManualPage(const CommandTree& tree, absl::string_view version);

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_MANUAL_PAGE_H_
