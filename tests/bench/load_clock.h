// The clock of the load program: CLOCK_MONOTONIC, which all processes of a machine share, so that
// times written by a server compare with those of a receipt.

#ifndef RUNCAST_TESTS_BENCH_LOAD_CLOCK_H_
#define RUNCAST_TESTS_BENCH_LOAD_CLOCK_H_

#include <time.h>

#include <cstdint>

namespace runcast::bench {

inline int64_t NowNanos() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

inline int64_t Nanos(double seconds) { return static_cast<int64_t>(seconds * 1e9); }

}  // namespace runcast::bench

#endif  // RUNCAST_TESTS_BENCH_LOAD_CLOCK_H_
