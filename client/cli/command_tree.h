// The commands and options of `runcast` as plain data: what help, completion and the manual page
// are made of, so that they cannot disagree.

#ifndef RUNCAST_CLIENT_CLI_COMMAND_TREE_H_
#define RUNCAST_CLIENT_CLI_COMMAND_TREE_H_

#include <string>
#include <vector>

namespace runcast::cli {

struct OptionText {
  std::vector<std::string> names;    // `-h`, `--help`; of a positional the one name, such as RUN.
  std::string value;                 // What it takes, such as FILE; empty for a flag.
  std::vector<std::string> choices;  // The only values it takes; empty: any.
  std::string default_value;
  std::string help;

  bool operator==(const OptionText&) const = default;
};

// A block under a title, such as `Exit codes`; its lines are indented and broken as they are to
// be shown.
struct TextSection {
  std::string title;
  std::string text;

  bool operator==(const TextSection&) const = default;
};

struct CommandText {
  std::string name;
  std::string help;
  std::vector<OptionText> positionals;
  std::vector<OptionText> options;
  std::vector<TextSection> sections;
};

struct CommandTree {
  CommandText program;
  std::vector<CommandText> commands;
};

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_COMMAND_TREE_H_
