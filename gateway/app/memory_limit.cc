#include "gateway/app/memory_limit.h"

#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace runcast::app {

std::optional<uint64_t> ParseMemoryLimit(absl::string_view text) {
  uint64_t bytes = 0;
  if (!absl::SimpleAtoi(absl::StripAsciiWhitespace(text), &bytes)) return std::nullopt;
  if (bytes == 0 || bytes >= uint64_t{1} << 60) return std::nullopt;
  return bytes;
}

std::optional<uint64_t> ControlGroupLimit(const std::string& root) {
  // A container sees its own group at the root, in version 2 and in version 1.
  for (const char* name : {"/memory.max", "/memory/memory.limit_in_bytes"}) {
    std::ifstream file(absl::StrCat(root, name));
    std::string text;
    if (std::getline(file, text)) return ParseMemoryLimit(text);
  }
  return std::nullopt;
}

}  // namespace runcast::app
