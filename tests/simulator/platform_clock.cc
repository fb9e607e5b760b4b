#include "tests/simulator/platform_clock.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace runcast::simulator {

int64_t MonotonicNanos() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

int64_t WallMillis() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000 + now.tv_nsec / 1'000'000;
}

std::string Rfc3339(int64_t wall_millis) {
  const std::time_t seconds = wall_millis / 1'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> day{};
  std::strftime(day.data(), day.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%s.%03dZ", day.data(),
                static_cast<int>(wall_millis % 1'000));
  return text.data();
}

const std::string& PlatformClock::HttpDate() {
  const int64_t second = NowMillis() / 1'000;
  if (second != date_second_) {
    date_second_ = second;
    const std::time_t seconds = second;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    date_ = text.data();
  }
  return date_;
}

}  // namespace runcast::simulator
