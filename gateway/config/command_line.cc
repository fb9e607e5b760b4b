#include "gateway/config/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gateway/config/nearest_name.h"

namespace runcast::config {
namespace {

// CLI11 reads `--name= next` as the flag with the value `next`; two arguments say what is meant.
std::vector<std::string> SplitEmptyValues(int argc, const char* const* argv) {
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    const absl::string_view argument = argv[i];
    if (absl::StartsWith(argument, "--") && argument.find('=') == argument.size() - 1) {
      arguments.emplace_back(argument.substr(0, argument.size() - 1));
      arguments.emplace_back();
    } else {
      arguments.emplace_back(argument);
    }
  }
  return arguments;
}

bool Contains(const std::vector<std::string>& arguments, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* word) {
    return std::find(arguments.begin(), arguments.end(), word) != arguments.end();
  });
}

// Takes out flags of `valued` that no value follows. CLI11 would stop at the first, or take the
// flag that comes next for the value.
void DropFlagsWithoutValue(const std::set<std::string>& valued, std::vector<std::string>& arguments,
                           std::vector<std::string>& faults) {
  std::vector<std::string> kept;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (valued.count(arguments[i]) == 0) {
      kept.push_back(arguments[i]);
    } else if (i + 1 == arguments.size() || absl::StartsWith(arguments[i + 1], "--")) {
      faults.push_back(absl::StrCat("flag ", arguments[i], ": needs a value"));
    } else {
      kept.push_back(arguments[i]);
      kept.push_back(arguments[++i]);
    }
  }
  arguments = std::move(kept);
}

std::string UnknownFlag(const std::string& argument, const std::vector<std::string>& flags) {
  const std::string name = argument.substr(0, argument.find('='));
  const std::string shown(absl::Utf8SafeCHexEscape(name));
  if (!absl::StartsWith(name, "-")) return absl::StrCat("argument \"", shown, "\": not expected");
  if (absl::StartsWith(name, "--credentials") || absl::StartsWith(name, "--upstream-state-words") ||
      name == "--access-trusted-proxies") {
    return absl::StrCat("flag ", shown, ": lists live in the file; see --config");
  }
  const auto nearest = NearestName(name, flags);
  return absl::StrCat("flag ", shown, ": unknown; ",
                      nearest.has_value() ? absl::StrCat("did you mean ", *nearest, "?")
                                          : "--help lists all flags");
}

}  // namespace

CommandLine ParseCommandLine(int argc, const char* const* argv) {
  CommandLine line;
  std::vector<std::string> arguments = SplitEmptyValues(argc, argv);
  if (Contains(arguments, {"--help", "-h"})) {
    line.action = Action::kHelp;
    return line;
  }
  if (Contains(arguments, {"--version"})) {
    line.action = Action::kVersion;
    return line;
  }

  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  const auto keep_all = CLI::MultiOptionPolicy::TakeAll;
  std::vector<std::string> flags = {"--config", "--help", "--version", "--check-config",
                                    "--print-config"};
  CLI::Option* const config = app.add_option("--config")->expected(1)->allow_extra_args(false);
  config->multi_option_policy(keep_all);
  CLI::Option* const check = app.add_flag("--check-config");
  CLI::Option* const print = app.add_flag("--print-config");
  const std::vector<ScalarField> fields = ScalarFields();
  std::vector<CLI::Option*> options;
  std::set<std::string> valued = {"--config"};
  for (const ScalarField& field : fields) {
    flags.push_back(field.flag());
    const bool is_switch = KindOf(*field.field) == FieldKind::kTruth;
    if (!is_switch) valued.insert(field.flag());
    CLI::Option* const option =
        is_switch ? app.add_flag(field.flag())
                  : app.add_option(field.flag())->expected(1)->allow_extra_args(false);
    options.push_back(option->multi_option_policy(keep_all));
  }

  DropFlagsWithoutValue(valued, arguments, line.faults);
  try {
    std::reverse(arguments.begin(), arguments.end());  // As CLI11 wants them.
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    line.faults.push_back(absl::StrCat("flags: ", error.what()));
    return line;
  }

  bool after_unknown = false;
  for (const std::string& argument : app.remaining()) {
    const bool is_flag = absl::StartsWith(argument, "-");
    // What follows an unknown flag is most likely its value.
    if (is_flag || !after_unknown) line.faults.push_back(UnknownFlag(argument, flags));
    after_unknown = is_flag && !absl::StrContains(argument, '=');
  }
  if (config->count() > 1) line.faults.push_back("flag --config: given more than once");
  if (config->count() > 0) line.config_file = config->results().back();
  for (size_t i = 0; i < fields.size(); ++i) {
    if (options[i]->count() == 0) continue;
    if (options[i]->count() > 1) {
      line.faults.push_back(absl::StrCat("flag ", fields[i].flag(), ": given more than once"));
    }
    line.values.emplace_back(fields[i], options[i]->results().back());
  }
  if (check->count() > 0) {
    line.action = Action::kCheckConfig;
  } else if (print->count() > 0) {
    line.action = Action::kPrintConfig;
  }
  return line;
}

}  // namespace runcast::config
