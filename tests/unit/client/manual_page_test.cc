#include "client/cli/manual_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/cli/command_line.h"

namespace runcast::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

OptionText Positional(const char* name) { return {.names = {name}, .value = "TEXT"}; }
OptionText Flag(const char* name, const char* help) { return {.names = {name}, .help = help}; }

CommandTree SmallTree() {
  CommandTree tree;
  tree.program = {.name = "runcast",
                  .help = "Follows runs",
                  .options = {Flag("--version", "Print the version")},
                  .sections = {{"Exit codes", "0  good\n"}, {"Examples", "runcast get r\n"}}};
  tree.commands = {{.name = "get",
                    .help = "Print it once",
                    .positionals = {Positional("RUN")},
                    .options = {Flag("--tls", "Use TLS"), Flag("--json", "Print JSON")},
                    .sections = {{"Exit codes", "0  good\n"}}},
                   {.name = "doctor",
                    .help = "Say what is wrong",
                    .positionals = {Positional("RUN")},
                    .options = {Flag("--tls", "Use TLS")},
                    .sections = {{"Exit codes", "0  well\n"}}}};
  return tree;
}

int CountOf(const std::string& page, const std::string& text) {
  return static_cast<int>(std::vector<std::string>(absl::StrSplit(page, text)).size()) - 1;
}

TEST(ManualPageTest, WritesWhatAllCommandsShareOnce) {
  const std::string page = ManualPage(SmallTree(), "0.1.0");

  EXPECT_EQ(CountOf(page, "\\fB\\-\\-tls\\fR"), 1);
  EXPECT_EQ(CountOf(page, "\\fB\\-\\-json\\fR"), 1);
}

TEST(ManualPageTest, GivesExitCodesOnceAndThoseThatDifferWithTheirCommand) {
  const std::string page = ManualPage(SmallTree(), "0.1.0");

  EXPECT_EQ(CountOf(page, "0  good"), 1);
  EXPECT_EQ(CountOf(page, "0  well"), 1);
  EXPECT_THAT(page, HasSubstr(".SH \"EXIT CODES\"\n.nf\n0  good\n.fi\n"));
}

TEST(ManualPageTest, NothingInATextIsARequestOfRoff) {
  CommandTree tree = SmallTree();
  tree.commands[0].help = ".so /etc/passwd \\n it's `st-…`";

  const std::string page = ManualPage(tree, "0.1.0");

  EXPECT_THAT(page, HasSubstr("\\&.so /etc/passwd \\en it\\(aqs \\(gast\\-\\[u2026]\\(ga."));
}

TEST(ManualPageTest, TheProgramPrintsItsOwnWithEveryOptionOfHelp) {
  const char* const manual[] = {"runcast", "manual"};
  const std::string page = ParseCommandLine(2, manual).out;

  for (const char* command : {"get", "watch", "doctor", "completion"}) {
    const char* const arguments[] = {"runcast", command, "--help"};
    for (absl::string_view word :
         absl::StrSplit(ParseCommandLine(3, arguments).out, absl::ByAnyChar(" ,\n"))) {
      if (!absl::StartsWith(word, "--") || word.size() < 4 || absl::StrContains(word, "…"))
        continue;
      const std::string name = absl::StrReplaceAll(word, {{"-", "\\-"}});
      EXPECT_THAT(page, HasSubstr(absl::StripSuffix(name, ";"))) << command;
    }
  }
  EXPECT_THAT(page, Not(HasSubstr("\n'")));
}

}  // namespace
}  // namespace runcast::cli
