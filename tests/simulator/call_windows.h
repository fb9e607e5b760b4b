// The platform's two rolling windows over the calls of one run id or one bot, with what a judge
// wants to know afterwards: peaks and violations. Refused calls count too. Pure.
//
// A call at time t counts in a window of length w until t + w, exclusive.
// Memory: eight bytes a call that is still in the longer window, at most 100,000 calls.

#ifndef RUNCAST_TESTS_SIMULATOR_CALL_WINDOWS_H_
#define RUNCAST_TESTS_SIMULATOR_CALL_WINDOWS_H_

#include <cstddef>
#include <cstdint>
#include <deque>

namespace runcast::simulator {

class CallWindows {
 public:
  struct Limits {
    int64_t minute_limit = 60;  // 0 = no limit
    int64_t minute_nanos = 60'000'000'000;
    int64_t hour_limit = 1'800;
    int64_t hour_nanos = 3'600'000'000'000;
  };
  enum class Verdict { kWithin, kMinuteExceeded, kHourExceeded };

  // Counts one call.
  Verdict Count(int64_t now_nanos, const Limits& limits);

  void Expire(int64_t now_nanos, const Limits& limits);
  bool empty() const { return calls_.empty(); }
  size_t in_minute() const { return calls_.size() - minute_begin_; }
  size_t in_hour() const { return calls_.size(); }

  uint64_t total = 0;
  uint64_t violations = 0;
  size_t peak_minute = 0;
  size_t peak_hour = 0;

 private:
  std::deque<int64_t> calls_;  // in the hour window, oldest first
  size_t minute_begin_ = 0;    // first that is in the minute window
};

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_CALL_WINDOWS_H_
