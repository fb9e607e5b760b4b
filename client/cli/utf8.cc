#include "client/cli/utf8.h"

#include <cstddef>

namespace runcast::cli {

std::optional<char32_t> TakeCodePoint(absl::string_view& text) {
  const auto first = static_cast<unsigned char>(text[0]);
  size_t length = 0;
  char32_t code_point = 0;
  char32_t smallest = 0;
  if (first < 0x80) {
    length = 1;
    code_point = first;
  } else if ((first & 0xE0) == 0xC0) {
    length = 2;
    code_point = first & 0x1F;
    smallest = 0x80;
  } else if ((first & 0xF0) == 0xE0) {
    length = 3;
    code_point = first & 0x0F;
    smallest = 0x800;
  } else if ((first & 0xF8) == 0xF0) {
    length = 4;
    code_point = first & 0x07;
    smallest = 0x10000;
  }

  bool good = length > 0 && length <= text.size();
  for (size_t i = 1; good && i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    good = (byte & 0xC0) == 0x80;
    code_point = code_point << 6 | (byte & 0x3F);
  }
  good = good && code_point >= smallest && code_point <= 0x10FFFF &&
         !(code_point >= 0xD800 && code_point <= 0xDFFF);
  text.remove_prefix(good ? length : 1);
  if (!good) return std::nullopt;
  return code_point;
}

}  // namespace runcast::cli
