// The flags of runcast-gateway, read but not yet understood.

#ifndef RUNCAST_GATEWAY_CONFIG_COMMAND_LINE_H_
#define RUNCAST_GATEWAY_CONFIG_COMMAND_LINE_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/config/config_field.h"

namespace runcast::config {

enum class Action {
  kRun,
  kHelp,
  kVersion,
  kCheckConfig,
  kPrintConfig,
};

struct CommandLine {
  Action action = Action::kRun;
  std::optional<std::string> config_file;
  // Fields that were set, with the text of their value.
  std::vector<std::pair<ScalarField, std::string>> values;
  // Flags that do not exist, lack their value or came twice; whole lines.
  std::vector<std::string> faults;
};

// `--help` and `--version` count wherever they stand, whatever else is wrong.
CommandLine ParseCommandLine(int argc, const char* const* argv);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_COMMAND_LINE_H_
