// What a fuzz target claims about every input.

#ifndef RUNCAST_TESTS_FUZZ_PROMISE_H_
#define RUNCAST_TESTS_FUZZ_PROMISE_H_

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <string>

#include "absl/strings/string_view.h"

namespace runcast::fuzz {

// Ends the process with the sentence when it is not true, which libFuzzer takes for a crash.
inline void Promise(bool kept, const char* sentence) {
  if (kept) return;
  ::fprintf(stderr, "not true: %s\n", sentence);
  ::abort();
}

// Whether people can be shown `text` on one line: UTF-8 without control characters. Written apart
// from the checks of the product, which it judges.
inline bool IsOneLine(absl::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t more = lead < 0x80   ? 0
                        : lead < 0xC2 ? 9
                        : lead < 0xE0 ? 1
                        : lead < 0xF0 ? 2
                        : lead < 0xF5 ? 3
                                      : 9;
    if (more == 9 || i + more >= text.size()) return false;
    uint32_t code = more == 0 ? lead : lead & (0x3FU >> more);
    for (size_t j = 1; j <= more; ++j) {
      const auto next = static_cast<unsigned char>(text[i + j]);
      if (next < 0x80 || next > 0xBF) return false;
      code = code * 64 + (next - 0x80);
    }
    const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (code < least[more] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
    if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return false;
    i += more + 1;
  }
  return true;
}

// The input up to the next line end, which is taken off as well.
inline absl::string_view TakeLine(absl::string_view& input) {
  const size_t end = std::min(input.find('\n'), input.size());
  const absl::string_view line = input.substr(0, end);
  input.remove_prefix(std::min(end + 1, input.size()));
  return line;
}

// The next `bytes` (at most 8) of the input as a number, the first one lowest; what is missing is
// 0.
inline uint64_t TakeNumber(absl::string_view& input, size_t bytes) {
  uint64_t number = 0;
  const size_t taken = std::min(bytes, input.size());
  for (size_t i = taken; i > 0; --i)
    number = number << 8 | static_cast<unsigned char>(input[i - 1]);
  input.remove_prefix(taken);
  return number;
}

}  // namespace runcast::fuzz

#endif  // RUNCAST_TESTS_FUZZ_PROMISE_H_
