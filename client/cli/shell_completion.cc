#include "client/cli/shell_completion.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace runcast::cli {
namespace {

bool TakesFile(const OptionText& option) { return option.value == "FILE"; }

std::vector<std::string> CommandNames(const CommandTree& tree) {
  std::vector<std::string> names;
  for (const CommandText& command : tree.commands) names.push_back(command.name);
  return names;
}

std::vector<std::string> OptionNames(const CommandText& command) {
  std::vector<std::string> names;
  for (const OptionText& option : command.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

// What may stand alone after the command: its options, and the choices of positionals.
std::string WordsAfter(const CommandText& command) {
  std::vector<std::string> words;
  for (const OptionText& positional : command.positionals) {
    words.insert(words.end(), positional.choices.begin(), positional.choices.end());
  }
  for (std::string& name : OptionNames(command)) words.push_back(std::move(name));
  return absl::StrJoin(words, " ");
}

// In single quotes, for bash and zsh.
std::string Quoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::string FishQuoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}}), "'");
}

// One line of bash's case for the options with a value of this kind, or nothing.
std::string BashValueCase(const CommandTree& tree, bool files, absl::string_view then) {
  std::vector<std::string> names;
  for (const CommandText& command : tree.commands) {
    for (const OptionText& option : command.options) {
      if (option.value.empty() || TakesFile(option) != files) continue;
      for (const std::string& name : option.names) {
        if (!absl::StrContains(absl::StrJoin(names, "|"), name)) names.push_back(name);
      }
    }
  }
  return names.empty() ? "" : absl::StrCat("    ", absl::StrJoin(names, "|"), ") ", then, " ;;\n");
}

// A description between brackets of zsh's `_arguments`.
std::string ZshText(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"[", "\\["}, {"]", "\\]"}, {":", "\\:"}});
}

// What zsh offers for a value. An empty list where nothing is known: no action at all would count
// as a candidate, and the tabulator would stop at it.
std::string ZshAction(const OptionText& option) {
  if (TakesFile(option)) return "_files";
  return absl::StrCat("(", absl::StrJoin(option.choices, " "), ")");
}

std::string ZshArguments(const CommandText& command) {
  std::string out;
  for (const OptionText& option : command.options) {
    for (const std::string& name : option.names) {
      const std::string value =
          option.value.empty() ? "" : absl::StrCat(":", option.value, ":", ZshAction(option));
      absl::StrAppend(&out, " \\\n        ",
                      Quoted(absl::StrCat("*", name, "[", ZshText(option.help), "]", value)));
    }
  }
  int place = 0;
  for (const OptionText& positional : command.positionals) {
    absl::StrAppend(
        &out, " \\\n        ",
        Quoted(absl::StrCat(++place, ":", positional.names[0], ":", ZshAction(positional))));
  }
  return out;
}

// The options of one command; `condition` tells fish when they count.
std::string FishOptions(const CommandText& command, absl::string_view condition) {
  std::string out;
  for (const OptionText& option : command.options) {
    absl::StrAppend(&out, "complete -c runcast -n ", FishQuoted(condition));
    for (const std::string& name : option.names) {
      const bool is_long = absl::StartsWith(name, "--");
      absl::StrAppend(&out, is_long ? " -l " : " -s ", name.substr(is_long ? 2 : 1));
    }
    absl::StrAppend(&out,
                    option.value.empty() ? ""
                    : TakesFile(option)  ? " -r -F"
                                         : " -x",
                    " -d ", FishQuoted(option.help), "\n");
  }
  return out;
}

}  // namespace

std::string BashCompletion(const CommandTree& tree) {
  std::string out = absl::StrCat(
      "# Completion of runcast for bash; made by `runcast completion bash`.\n"
      "_runcast() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= words= "
      "i\n"
      "  [ \"$before\" != = ] || before=${COMP_WORDS[COMP_CWORD-2]}\n"
      "  [ \"$word\" != = ] || { before=${COMP_WORDS[COMP_CWORD-1]}; word=; }\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in\n"
      "    ",
      absl::StrJoin(CommandNames(tree), "|"),
      ") command=${COMP_WORDS[i]}; break ;;\n"
      "    esac\n"
      "  done\n"
      "  COMPREPLY=()\n"
      "  case $before in\n",
      BashValueCase(tree, /*files=*/true,
                    "compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY "
                    "< <(compgen -f -- \"$word\"); return"),
      BashValueCase(tree, /*files=*/false, "return"),
      "  esac\n"
      "  case $command in\n");
  for (const CommandText& command : tree.commands) {
    absl::StrAppend(&out, "    ", command.name, ") words=", Quoted(WordsAfter(command)), " ;;\n");
  }
  absl::StrAppend(&out, "    *) words=",
                  Quoted(absl::StrCat(absl::StrJoin(CommandNames(tree), " "), " ",
                                      absl::StrJoin(OptionNames(tree.program), " "))),
                  " ;;\n"
                  "  esac\n"
                  "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
                  "}\n"
                  "complete -F _runcast runcast\n");
  return out;
}

std::string ZshCompletion(const CommandTree& tree) {
  std::string out =
      "#compdef runcast\n"
      "# Completion of runcast for zsh; made by `runcast completion zsh`.\n"
      "_runcast() {\n"
      "  local curcontext=$curcontext state line\n"
      "  typeset -A opt_args\n"
      "  local -a commands\n"
      "  commands=(\n";
  for (const CommandText& command : tree.commands) {
    absl::StrAppend(&out, "    ", Quoted(absl::StrCat(command.name, ":", command.help)), "\n");
  }
  absl::StrAppend(&out, "  )\n  _arguments -C -A '-*'", ZshArguments(tree.program),
                  " \\\n        '1:command:->command' '*::argument:->argument' && return\n"
                  "  case $state in\n"
                  "  command) _describe command commands ;;\n"
                  "  argument)\n"
                  "    case $words[1] in\n");
  for (const CommandText& command : tree.commands) {
    absl::StrAppend(&out, "    ", command.name, ")\n      _arguments", ZshArguments(command),
                    "\n      ;;\n");
  }
  absl::StrAppend(&out,
                  "    esac\n"
                  "    ;;\n"
                  "  esac\n"
                  "}\n"
                  // Read from fpath it is the function itself; sourced it has to be told.
                  "if [[ $funcstack[1] = _runcast ]]; then\n"
                  "  _runcast \"$@\"\n"
                  "else\n"
                  "  compdef _runcast runcast\n"
                  "fi\n");
  return out;
}

std::string FishCompletion(const CommandTree& tree) {
  const std::string names = absl::StrJoin(CommandNames(tree), " ");
  const std::string no_command = absl::StrCat("not __fish_seen_subcommand_from ", names);
  std::string out = absl::StrCat(
      "# Completion of runcast for fish; made by `runcast completion fish`.\n"
      "complete -c runcast -f\n",
      FishOptions(tree.program, no_command));
  for (const CommandText& command : tree.commands) {
    absl::StrAppend(&out, "complete -c runcast -n ", FishQuoted(no_command), " -a ", command.name,
                    " -d ", FishQuoted(command.help), "\n");
  }
  for (const CommandText& command : tree.commands) {
    const std::string seen = absl::StrCat("__fish_seen_subcommand_from ", command.name);
    absl::StrAppend(&out, FishOptions(command, seen));
    for (const OptionText& positional : command.positionals) {
      if (positional.choices.empty()) continue;
      absl::StrAppend(&out, "complete -c runcast -n ", FishQuoted(seen), " -a ",
                      FishQuoted(absl::StrJoin(positional.choices, " ")), "\n");
    }
  }
  return out;
}

}  // namespace runcast::cli
