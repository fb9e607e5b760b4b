// How long the runs of each suite took, so that the end of the next one can be expected.
//
// Pure: no clock, thread or socket.

#ifndef RUNCAST_GATEWAY_RUNS_RUN_LENGTHS_H_
#define RUNCAST_GATEWAY_RUNS_RUN_LENGTHS_H_

#include <cstddef>
#include <deque>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "gateway/base/run_key.h"

namespace runcast::runs {

// Lives as long as the process: nothing is written down.
//
// Memory: the last 16 lengths of at most `max_suites` suites; the suite whose last run ended
// longest ago goes first.
class RunLengths {
 public:
  static constexpr size_t kRemembered = 16;
  // Fewer say nothing.
  static constexpr size_t kLeast = 3;

  explicit RunLengths(size_t max_suites = 10'000) : max_suites_(max_suites) {}
  RunLengths(RunLengths&&) = default;
  RunLengths& operator=(RunLengths&&) = delete;

  // A run of this suite completed after `length`, by the platform's own times.
  void OnCompleted(const base::RunKey& run, absl::Duration length);

  // Lengths of earlier runs of the suite of `run`, rising; none when fewer than kLeast are known.
  std::vector<absl::Duration> Of(const base::RunKey& run) const;

 private:
  using Suite = std::pair<std::string, std::string>;  // Stream id, suite name.
  struct Record {
    std::deque<absl::Duration> lengths;  // Oldest first.
    std::list<Suite>::iterator place;
  };

  const size_t max_suites_;
  std::list<Suite> order_;  // By last completion, oldest first.
  absl::flat_hash_map<Suite, Record> records_;
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_RUN_LENGTHS_H_
