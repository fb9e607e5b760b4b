#include "client/cli/manual_page.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "client/cli/utf8.h"

namespace runcast::cli {
namespace {

// Text that roff shows as it is: nothing in it is a request or an escape, and a minus sign can be
// copied to a shell.
std::string Roff(absl::string_view text) {
  std::string out;
  while (!text.empty()) {
    const char first = text.front();
    const std::optional<char32_t> point = TakeCodePoint(text);
    if (!point) continue;
    if (*point > 0x7f) {
      absl::StrAppendFormat(&out, "\\[u%04X]", static_cast<uint32_t>(*point));
    } else if (first == '\\') {
      out += "\\e";
    } else if (first == '-') {
      out += "\\-";
    } else if (first == '\'') {
      out += "\\(aq";
    } else if (first == '`') {
      out += "\\(ga";
    } else {
      // A line that begins with a full stop would be a request.
      if (first == '.' && (out.empty() || out.back() == '\n')) out += "\\&";
      out += first;
    }
  }
  return out;
}

std::string Bold(absl::string_view text) { return absl::StrCat("\\fB", Roff(text), "\\fR"); }
std::string Italic(absl::string_view text) { return absl::StrCat("\\fI", Roff(text), "\\fR"); }

// Lines that keep their breaks and indents.
std::string Unfilled(absl::string_view text) {
  return absl::StrCat(".nf\n", Roff(absl::StripTrailingAsciiWhitespace(text)), "\n.fi\n");
}

std::string OptionEntry(const OptionText& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names) names.push_back(Bold(name));
  std::string out = absl::StrCat(".TP\n", absl::StrJoin(names, ", "));
  if (!option.value.empty()) absl::StrAppend(&out, " ", Italic(option.value));
  absl::StrAppend(&out, "\n", Roff(option.help));
  if (!option.choices.empty()) {
    absl::StrAppend(&out, "; one of ", Roff(absl::StrJoin(option.choices, ", ")));
  }
  if (!option.default_value.empty()) {
    absl::StrAppend(&out, "; default ", Roff(option.default_value));
  }
  return absl::StrCat(out, ".\n");
}

std::string Call(const CommandTree& tree, const CommandText& command) {
  std::string out = Bold(absl::StrCat(tree.program.name, " ", command.name));
  if (command.options.size() > 1) absl::StrAppend(&out, " [", Italic("OPTIONS"), "]");
  for (const OptionText& positional : command.positionals) {
    absl::StrAppend(&out, " ", Italic(positional.names[0]));
  }
  return out;
}

// Whether the command asks a gateway about a run; the others are about the program itself.
bool AsksAboutRun(const CommandText& command) {
  return std::any_of(command.positionals.begin(), command.positionals.end(),
                     [](const OptionText& one) { return one.names[0] == "RUN"; });
}

bool Has(const std::vector<OptionText>& options, const OptionText& wanted) {
  return std::find(options.begin(), options.end(), wanted) != options.end();
}

// What every command that asks about a run takes, from one of the two lists.
std::vector<OptionText> Common(const CommandTree& tree,
                               std::vector<OptionText> CommandText::*list) {
  std::optional<std::vector<OptionText>> common;
  for (const CommandText& command : tree.commands) {
    if (!AsksAboutRun(command)) continue;
    if (!common) common = command.*list;
    std::erase_if(*common, [&](const OptionText& one) { return !Has(command.*list, one); });
  }
  return common.value_or(std::vector<OptionText>());
}

std::string Entries(const std::vector<OptionText>& options,
                    const std::vector<OptionText>& without = {}) {
  std::string out;
  for (const OptionText& option : options) {
    if (!Has(without, option)) out += OptionEntry(option);
  }
  return out;
}

}  // namespace

std::string ManualPage(const CommandTree& tree, absl::string_view version) {
  const CommandText& program = tree.program;
  const auto arguments = Common(tree, &CommandText::positionals);
  const auto options = Common(tree, &CommandText::options);

  std::string out = absl::StrCat(
      ".\\\" Made by `runcast manual`.\n"
      ".TH RUNCAST 1 \"\" \"",
      Roff(absl::StrCat(program.name, " ", version)), "\" \"User Commands\"\n.SH NAME\n",
      Roff(program.name), " \\- ", Roff(absl::StripSuffix(program.help, ".")), "\n.SH SYNOPSIS\n");
  for (size_t i = 0; i < tree.commands.size(); ++i) {
    absl::StrAppend(&out, i > 0 ? ".br\n" : "", Call(tree, tree.commands[i]), "\n");
  }
  absl::StrAppend(&out, ".SH COMMANDS\n");
  for (const CommandText& command : tree.commands) {
    absl::StrAppend(&out, ".SS ", Call(tree, command), "\n", Roff(command.help), ".\n");
    if (AsksAboutRun(command)) {
      absl::StrAppend(&out, Entries(command.positionals, arguments),
                      Entries(command.options, options));
    } else {
      absl::StrAppend(&out, Entries(command.positionals));
    }
    for (const TextSection& section : command.sections) {
      const bool told_below = std::find(program.sections.begin(), program.sections.end(),
                                        section) != program.sections.end();
      if (told_below) continue;
      absl::StrAppend(&out, ".PP\n", Roff(section.title), ":\n", Unfilled(section.text));
    }
  }
  absl::StrAppend(&out, ".SH ARGUMENTS\n", Entries(arguments), ".SH OPTIONS\n",
                  "Those of every command that asks about a run:\n", Entries(options),
                  ".PP\nThose of the program alone:\n", Entries(program.options, options));
  for (const TextSection& section : program.sections) {
    absl::StrAppend(&out, ".SH \"", Roff(absl::AsciiStrToUpper(section.title)), "\"\n",
                    Unfilled(section.text));
  }
  return out;
}

}  // namespace runcast::cli
