#include "gateway/upstream/message_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace runcast::upstream {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(CutAtCharacterTest, NeverCutsACharacter) {
  EXPECT_EQ(CutAtCharacter("aü🙂", 7), "aü🙂");
  EXPECT_EQ(CutAtCharacter("aü🙂", 6), "aü");
  EXPECT_EQ(CutAtCharacter("aü🙂", 3), "aü");
  EXPECT_EQ(CutAtCharacter("aü🙂", 2), "a");
  EXPECT_EQ(CutAtCharacter("ü", 1), "");
  EXPECT_EQ(CutAtCharacter("", 0), "");
}

TEST(OneLineTest, ControlCharactersAndLineBreaksBecomeOneBlank) {
  EXPECT_EQ(OneLine("a\r\n\tb\x1b[31mc\x7f"), "a b [31mc");
  EXPECT_EQ(OneLine("  a  b  "), "a b");
  EXPECT_EQ(OneLine("a\xC2\x85"
                    "b\xE2\x80\xA8"
                    "c\xE2\x80\xAE"
                    "d"),
            "a b c d");
  EXPECT_EQ(OneLine(absl::string_view("a\0b", 3)), "a b");
}

TEST(OneLineTest, BytesThatAreNoUtf8BecomeQuestionMarks) {
  EXPECT_EQ(OneLine("a\xFF"
                    "b"),
            "a?b");
  EXPECT_EQ(OneLine("\xC0\x80"), "??");            // Overlong.
  EXPECT_EQ(OneLine("\xED\xA0\x80"), "???");       // Half a surrogate pair.
  EXPECT_EQ(OneLine("a\xF0\x9F\x99"), "a???");     // Cut short.
  EXPECT_EQ(OneLine("\xF4\x90\x80\x80"), "????");  // Beyond Unicode.
}

TEST(OneLineTest, OtherTextStays) {
  EXPECT_EQ(OneLine("Prüfung 測試 🙂 läuft"), "Prüfung 測試 🙂 läuft");
}

TEST(MaskSecretsTest, OrdinarySentencesStay) {
  for (const char* text :
       {"Invalid SDK credentials", "Validation errors/ Invalid arguments",
        "error verifying the jwt: if \"jti\" claim \"exp\" must be <= 1 hour(s)",
        "You've exceeded the per-minute rate limit. Wait?",
        "run tr-0a1b2c3d-0000-5000-8000-00000000abcd of ctr-0a1b2c3d-0000-5000-8000-00000000abcd",
        "host platform.kore.ai is away"}) {
    EXPECT_EQ(MaskSecrets(text), text);
  }
}

TEST(MaskSecretsTest, LinksAreHidden) {
  EXPECT_EQ(MaskSecrets("see https://platform.example/x?e=1&s=QUJD$$&n=2 please"),
            "see [link] please");
  EXPECT_EQ(MaskSecrets("see \"http://platform.example/x\"."), "see \"[link]\".");
  EXPECT_EQ(MaskSecrets("media/f-1.csv?e=1893557106&s=QUJD$$"), "[link]");
}

TEST(MaskSecretsTest, TokensAreHiddenAlsoCutOnes) {
  const std::string header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
  const std::string claims = "eyJhcHBJZCI6ImNzLTEifQ";
  const std::string signature = "c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmU";
  for (const std::string& token :
       {absl::StrCat(header, ".", claims, ".", signature), absl::StrCat(header, ".", claims),
        header, absl::StrCat(claims, ".", signature), absl::StrCat("auth=", header, ".x"),
        std::string("eyJhbGciOiJIUzI1")}) {
    const std::string masked = MaskSecrets(absl::StrCat("token ", token, " refused"));
    EXPECT_THAT(masked, Not(HasSubstr("eyJ"))) << token;
    EXPECT_THAT(masked, HasSubstr("[hidden]")) << token;
  }
}

TEST(MaskSecretsTest, LongSecretsAreHidden) {
  EXPECT_EQ(MaskSecrets("secret A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v=!"),
            "secret [hidden]!");
}

TEST(FitToShowTest, IsOneMaskedLineOfLimitedLength) {
  const std::string text =
      "first\nline https://platform.example/x?s=1 " + std::string(50, 'x') + " ü and more";

  EXPECT_EQ(FitToShow(text, 1000), "first line [link] [hidden] ü and more");
  EXPECT_EQ(FitToShow(text, 28), "first line [link] [hidden] ");
}

}  // namespace
}  // namespace runcast::upstream
