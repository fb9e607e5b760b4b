// The mark that carries the time of publication through every server compared: `@T` and 16
// hexadecimal digits of CLOCK_MONOTONIC nanoseconds, anywhere in the payload.

#ifndef RUNCAST_TESTS_BENCH_TIME_MARK_H_
#define RUNCAST_TESTS_BENCH_TIME_MARK_H_

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace runcast::bench {

inline constexpr size_t kTimeMarkSize = 18;

inline size_t FindTimeMark(std::string_view payload) {
  const size_t mark = payload.find("@T");
  if (mark == std::string_view::npos || payload.size() < mark + kTimeMarkSize) {
    return std::string_view::npos;
  }
  return mark;
}

// 0: there is none.
inline int64_t ReadTimeMark(std::string_view payload) {
  const size_t mark = FindTimeMark(payload);
  if (mark == std::string_view::npos) return 0;
  uint64_t nanos = 0;
  std::from_chars(payload.data() + mark + 2, payload.data() + mark + kTimeMarkSize, nanos, 16);
  return static_cast<int64_t>(nanos);
}

inline std::string TimeMark(int64_t nanos) {
  char text[kTimeMarkSize + 1];
  std::snprintf(text, sizeof(text), "@T%016llx", static_cast<unsigned long long>(nanos));
  return text;
}

// A payload of that many bytes, at least those of the mark.
inline std::string MarkedText(size_t size, int64_t nanos) {
  return TimeMark(nanos) + std::string(size - kTimeMarkSize, 'x');
}

// Writes over the mark that is there.
inline void WriteTimeMark(std::string& payload, int64_t nanos) {
  const size_t mark = FindTimeMark(payload);
  if (mark != std::string_view::npos) payload.replace(mark, kTimeMarkSize, TimeMark(nanos));
}

}  // namespace runcast::bench

#endif  // RUNCAST_TESTS_BENCH_TIME_MARK_H_
