#include "gateway/config/printable_line.h"

#include <gtest/gtest.h>

namespace runcast::config {
namespace {

TEST(PrintableLineTest, LettersOfAnyScriptStay) {
  for (const char* text : {"", "a \"b\" \\ ~", "Größe", "検査", "\U0001f600", "\u00a0"}) {
    EXPECT_EQ(PrintableLine(text), text);
  }
}

TEST(PrintableLineTest, ControlCharactersAreShownByTheirBytes) {
  EXPECT_EQ(PrintableLine("a\nb\x1b[31m\x7f"), "a\\x0ab\\x1b[31m\\x7f");
  EXPECT_EQ(PrintableLine("\u0085|\u009f"), "\\xc2\\x85|\\xc2\\x9f");
}

TEST(PrintableLineTest, BytesThatAreNoUtf8AreShownByTheirValue) {
  EXPECT_EQ(PrintableLine("\xff|\x80|\xc3"), "\\xff|\\x80|\\xc3");
  EXPECT_EQ(PrintableLine("\xc0\x80|\xe0\x9f\xbf|\xf0\x8f\xbf\xbf"),
            "\\xc0\\x80|\\xe0\\x9f\\xbf|\\xf0\\x8f\\xbf\\xbf");
  EXPECT_EQ(PrintableLine("\xed\xa0\x80|\xf4\x90\x80\x80|\xe2\x82"),
            "\\xed\\xa0\\x80|\\xf4\\x90\\x80\\x80|\\xe2\\x82");
}

}  // namespace
}  // namespace runcast::config
