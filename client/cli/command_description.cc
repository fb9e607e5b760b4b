#include "client/cli/command_description.h"

#include <CLI/CLI.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace runcast::cli {
namespace {

OptionText DescribeOption(const CLI::Option& option) {
  OptionText text;
  if (option.get_positional()) text.names.push_back(option.get_name(/*positional=*/true));
  for (const std::string& name : option.get_snames()) text.names.push_back(absl::StrCat("-", name));
  for (const std::string& name : option.get_lnames()) {
    text.names.push_back(absl::StrCat("--", name));
  }
  text.help = option.get_description();
  if (option.get_items_expected_max() == 0) return text;  // A flag.
  text.default_value = option.get_default_str();
  // `SHELL:{bash,fish,zsh}` where only these are taken.
  const std::string type = option.get_type_name();
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(type, absl::MaxSplits(':', 1));
  text.value = std::string(parts.first);
  absl::string_view choices = parts.second;
  if (absl::ConsumePrefix(&choices, "{") && absl::ConsumeSuffix(&choices, "}")) {
    text.choices = absl::StrSplit(choices, ',');
  }
  return text;
}

std::vector<TextSection> SplitFooter(absl::string_view footer) {
  std::vector<TextSection> sections;
  for (absl::string_view line : absl::StrSplit(footer, '\n')) {
    if (!line.empty() && line.front() != ' ' && absl::ConsumeSuffix(&line, ":")) {
      sections.push_back({std::string(line), ""});
    } else if (!sections.empty() && absl::ConsumePrefix(&line, "  ")) {
      absl::StrAppend(&sections.back().text, line, "\n");
    }
  }
  return sections;
}

CommandText DescribeCommand(const CLI::App& app) {
  CommandText text;
  text.name = app.get_name();
  text.help = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    (option->get_positional() ? text.positionals : text.options).push_back(DescribeOption(*option));
  }
  text.sections = SplitFooter(app.get_footer());
  return text;
}

}  // namespace

CommandTree Describe(const CLI::App& app) {
  CommandTree tree;
  tree.program = DescribeCommand(app);
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    tree.commands.push_back(DescribeCommand(*command));
  }
  return tree;
}

}  // namespace runcast::cli
