#include "gateway/auth/secret_location.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <string>

#include "tests/fakes/temp_directory.h"

namespace runcast::auth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

SecretLocation File(const std::string& path) { return {.file = path, .environment = ""}; }
SecretLocation Variable(const std::string& name) { return {.file = "", .environment = name}; }

TEST(SecretLocationTest, WhiteSpaceAtTheEndIsNoPartOfTheSecret) {
  const fakes::TempDirectory directory;

  EXPECT_EQ(ReadSecret(File(directory.Write("a", "the secret"))).value().Reveal(), "the secret");
  EXPECT_EQ(ReadSecret(File(directory.Write("b", " the secret \r\n\n"))).value().Reveal(),
            " the secret");
}

TEST(SecretLocationTest, AVariableIsReadTheSameWay) {
  setenv("RUNCAST_TEST_SECRET", "from the environment\n", 1);

  EXPECT_EQ(ReadSecret(Variable("RUNCAST_TEST_SECRET")).value().Reveal(), "from the environment");
  unsetenv("RUNCAST_TEST_SECRET");
}

TEST(SecretLocationTest, WhatIsNotThereIsNamed) {
  const fakes::TempDirectory directory;
  const absl::Status no_file = ReadSecret(File(directory.Path("none"))).status();
  const absl::Status no_variable = ReadSecret(Variable("RUNCAST_TEST_NO_SECRET")).status();

  EXPECT_TRUE(absl::IsFailedPrecondition(no_file));
  EXPECT_THAT(std::string(no_file.message()), HasSubstr(directory.Path("none")));
  EXPECT_TRUE(absl::IsFailedPrecondition(no_variable));
  EXPECT_THAT(std::string(no_variable.message()), HasSubstr("RUNCAST_TEST_NO_SECRET"));
}

TEST(SecretLocationTest, ExactlyOneOfFileAndVariableMustBeGiven) {
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadSecret({}).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadSecret({.file = "a", .environment = "B"}).status()));
}

TEST(SecretLocationTest, EmptyFilesDirectoriesAndPipesAreRefused) {
  const fakes::TempDirectory directory;
  ASSERT_EQ(mkfifo(directory.Path("pipe").c_str(), 0600), 0);

  EXPECT_TRUE(absl::IsFailedPrecondition(ReadSecret(File(directory.Write("a", ""))).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadSecret(File(directory.Write("b", "\n"))).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadSecret(File(directory.Path("."))).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadSecret(File(directory.Path("pipe"))).status()));
}

TEST(SecretLocationTest, NulBytesAndHugeFilesAreRefusedWithoutShowingThem) {
  const fakes::TempDirectory directory;
  const absl::Status nul =
      ReadSecret(File(directory.Write("a", std::string("sec\0ret", 7)))).status();
  const absl::Status huge =
      ReadSecret(File(directory.Write("b", std::string(65 * 1024, 'x')))).status();

  EXPECT_TRUE(absl::IsFailedPrecondition(nul));
  EXPECT_THAT(nul.ToString(), Not(HasSubstr("ret")));
  EXPECT_TRUE(absl::IsFailedPrecondition(huge));
  EXPECT_LT(huge.message().size(), 300u);
}

}  // namespace
}  // namespace runcast::auth
