// What the platform told about one run, and when: the other side of a history.

#ifndef RUNCAST_TESTS_HISTORY_SERVED_ANSWERS_H_
#define RUNCAST_TESTS_HISTORY_SERVED_ANSWERS_H_

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace runcast::history {

struct ServedAnswer {
  absl::Time received;  // The request, so that nothing of it can be known earlier.
  absl::Time answered;  // Its last byte was handed over.
  bool terminal = false;
  int64_t done = 0;
  // A fault was in it: whoever makes news of it may, nobody must.
  bool faulty = false;
};

using AnswersByRun = std::map<std::string, std::vector<ServedAnswer>>;

// From `requests` of the simulator's log (tests/simulator/README.md). Requests without a whole good
// answer are left out. The log's clock is CLOCK_MONOTONIC, and so are these times: since its zero
// instead of since 1970.
AnswersByRun AnswersFromLog(const nlohmann::json& requests);

// Now, as the log counts.
absl::Time MonotonicNow();

}  // namespace runcast::history

#endif  // RUNCAST_TESTS_HISTORY_SERVED_ANSWERS_H_
