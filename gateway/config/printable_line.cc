#include "gateway/config/printable_line.h"

#include <cstddef>

#include "absl/strings/str_cat.h"

namespace runcast::config {
namespace {

// Bytes of the character that `text` begins with, by table 3-7 of the Unicode standard; 0: it is
// not UTF-8, or a control character (C0, DEL, C1).
size_t PrintableBytes(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7F ? 1 : 0;
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return 0;
  // Overlong forms, surrogates and what is beyond Unicode differ in the second byte.
  const unsigned char least = lead == 0xE0   ? 0xA0
                              : lead == 0xF0 ? 0x90
                              : lead == 0xC2 ? 0xA0
                                             : 0x80;
  const unsigned char most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < least || byte(1) > most) return 0;
  for (size_t i = 2; i < bytes; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  return bytes;
}

}  // namespace

std::string PrintableLine(absl::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const size_t bytes = PrintableBytes(text);
    if (bytes > 0) {
      absl::StrAppend(&line, text.substr(0, bytes));
    } else {
      absl::StrAppend(&line, "\\x",
                      absl::Hex(static_cast<unsigned char>(text[0]), absl::kZeroPad2));
    }
    text.remove_prefix(bytes > 0 ? bytes : 1);
  }
  return line;
}

}  // namespace runcast::config
