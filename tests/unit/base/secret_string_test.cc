#include "gateway/base/secret_string.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

namespace runcast::base {
namespace {

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

TEST(SecretStringTest, CannotBePrintedOrTurnIntoTextByItself) {
  EXPECT_FALSE(Printable<SecretString>);
  EXPECT_FALSE((std::is_convertible_v<SecretString, std::string>));
  EXPECT_FALSE((std::is_convertible_v<std::string, SecretString>));
}

TEST(SecretStringTest, CopiesAndMovesCarryTheText) {
  const SecretString secret("a secret that is too long for the small buffer");
  SecretString copy = secret;

  const SecretString moved = std::move(copy);

  EXPECT_EQ(moved, secret);
  EXPECT_TRUE(copy.empty());  // NOLINT(bugprone-use-after-move): that is the promise.
}

TEST(SecretStringTest, AShortTextDoesNotStayBehindWhenMoved) {
  SecretString secret("short");

  const SecretString moved = std::move(secret);

  EXPECT_EQ(moved.Reveal(), "short");
  EXPECT_TRUE(secret.Reveal().empty());  // NOLINT(bugprone-use-after-move): that is the promise.
}

TEST(SecretStringTest, AssignmentReplacesTheText) {
  SecretString secret("old");
  const SecretString other("new");

  secret = other;
  EXPECT_EQ(secret.Reveal(), "new");
  secret = SecretString("newest");

  EXPECT_EQ(secret.Reveal(), "newest");
}

}  // namespace
}  // namespace runcast::base
