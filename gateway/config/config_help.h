// What `--help` prints: every flag, and every field that only the file can set.

#ifndef RUNCAST_GATEWAY_CONFIG_CONFIG_HELP_H_
#define RUNCAST_GATEWAY_CONFIG_CONFIG_HELP_H_

#include <string>

namespace runcast::config {

// Made from the configuration proto: names, defaults, ranges and comments are written there only.
// At most 100 columns.
std::string HelpText();

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_CONFIG_HELP_H_
