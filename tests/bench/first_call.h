// Asks a server that is only just starting until it answers.

#ifndef RUNCAST_TESTS_BENCH_FIRST_CALL_H_
#define RUNCAST_TESTS_BENCH_FIRST_CALL_H_

#include <cstdint>
#include <string>

namespace runcast::bench {

// Tries to connect twice a millisecond, then makes one call. Returns the time of the first good
// answer; 0 when none came within `seconds`.
int64_t TimeOfFirstAnswer(uint16_t port, const std::string& path, const std::string& message,
                          double seconds);

}  // namespace runcast::bench

#endif  // RUNCAST_TESTS_BENCH_FIRST_CALL_H_
