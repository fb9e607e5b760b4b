#include "tests/simulator/call_windows.h"

#include <algorithm>

namespace runcast::simulator {
namespace {

constexpr size_t kMaxCalls = 100'000;

}  // namespace

void CallWindows::Expire(int64_t now_nanos, const Limits& limits) {
  // The longer window decides what is kept, whichever name it has.
  const int64_t kept = std::max(limits.hour_nanos, limits.minute_nanos);
  while (!calls_.empty() && (calls_.front() + kept <= now_nanos || calls_.size() >= kMaxCalls)) {
    calls_.pop_front();
    if (minute_begin_ > 0) --minute_begin_;
  }
  while (minute_begin_ < calls_.size() &&
         calls_[minute_begin_] + limits.minute_nanos <= now_nanos) {
    ++minute_begin_;
  }
}

CallWindows::Verdict CallWindows::Count(int64_t now_nanos, const Limits& limits) {
  Expire(now_nanos, limits);
  calls_.push_back(now_nanos);
  ++total;
  peak_minute = std::max(peak_minute, in_minute());
  peak_hour = std::max(peak_hour, in_hour());
  const auto above = [](size_t count, int64_t limit) {
    return limit > 0 && count > static_cast<size_t>(limit);
  };
  if (above(in_hour(), limits.hour_limit)) {
    ++violations;
    return Verdict::kHourExceeded;
  }
  if (above(in_minute(), limits.minute_limit)) {
    ++violations;
    return Verdict::kMinuteExceeded;
  }
  return Verdict::kWithin;
}

}  // namespace runcast::simulator
