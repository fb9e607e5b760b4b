#include "client/cli/shell_completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runcast::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

CommandTree SmallTree() {
  CommandTree tree;
  tree.program = {.name = "runcast", .help = "Follows runs", .options = {{.names = {"--version"}}}};
  tree.commands = {
      {.name = "get",
       .help = "Print it: once",
       .positionals = {{.names = {"RUN"}, .value = "TEXT"}},
       .options = {{.names = {"-h", "--help"}, .help = "Print help"},
                   {.names = {"--ca"}, .value = "FILE", .help = "A user's [own] file"},
                   {.names = {"--for"}, .value = "TIME", .help = "How long"}}},
      {.name = "completion",
       .help = "Print the script",
       .positionals = {{.names = {"SHELL"}, .value = "SHELL", .choices = {"bash", "zsh"}}}}};
  return tree;
}

TEST(BashCompletionTest, OffersCommandsThenTheirOptionsAndChoices) {
  const std::string script = BashCompletion(SmallTree());

  EXPECT_THAT(script, HasSubstr("*) words='get completion --version' ;;"));
  EXPECT_THAT(script, HasSubstr("get) words='-h --help --ca --for' ;;"));
  EXPECT_THAT(script, HasSubstr("completion) words='bash zsh' ;;"));
}

TEST(BashCompletionTest, OffersFilesWhereAFileIsTakenAndNothingForOtherValues) {
  const std::string script = BashCompletion(SmallTree());

  EXPECT_THAT(script, HasSubstr("    --ca) compopt -o filenames"));
  EXPECT_THAT(script, HasSubstr("    --for) return ;;"));
}

TEST(ZshCompletionTest, EscapesWhatItsSpecificationsGiveAMeaning) {
  const std::string script = ZshCompletion(SmallTree());

  EXPECT_THAT(script, HasSubstr("'*--ca[A user'\\''s \\[own\\] file]:FILE:_files'"));
  EXPECT_THAT(script, HasSubstr("'*--for[How long]:TIME:()'"));
  EXPECT_THAT(script, HasSubstr("'1:SHELL:(bash zsh)'"));
  EXPECT_THAT(script, HasSubstr("'get:Print it: once'"));
}

TEST(FishCompletionTest, QuotesAndTellsFilesFromOtherValues) {
  const std::string script = FishCompletion(SmallTree());

  EXPECT_THAT(script, HasSubstr("-l ca -r -F -d 'A user\\'s [own] file'"));
  EXPECT_THAT(script, HasSubstr("-l for -x -d 'How long'"));
  EXPECT_THAT(script, HasSubstr("-s h -l help -d 'Print help'"));
  EXPECT_THAT(script, HasSubstr("'__fish_seen_subcommand_from completion' -a 'bash zsh'"));
}

TEST(FishCompletionTest, OffersNoFilesOnItsOwn) {
  EXPECT_THAT(FishCompletion(SmallTree()), HasSubstr("complete -c runcast -f\n"));
  EXPECT_THAT(FishCompletion(SmallTree()), Not(HasSubstr("complete -c runcast -F")));
}

}  // namespace
}  // namespace runcast::cli
