// Which runs that nobody follows stay in memory, and which go first when there are too many.
//
// Pure.

#ifndef RUNCAST_GATEWAY_RUNS_KEPT_RUNS_H_
#define RUNCAST_GATEWAY_RUNS_KEPT_RUNS_H_

#include <cstddef>
#include <list>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/base/run_key.h"

namespace runcast::runs {

// Runs in the order in which they were last left; bounded in number and bytes.
class KeptRuns {
 public:
  struct Options {
    size_t max_runs = 10'000;
    size_t max_bytes = 64 << 20;
  };

  explicit KeptRuns(Options options) : options_(options) {}

  // The run was left, or read again; it is now the last to go.
  void Add(const base::RunKey& key, size_t bytes);
  // The run is followed again, or gone.
  void Remove(const base::RunKey& key);

  // Removes and returns the runs that are too many, oldest first.
  std::vector<base::RunKey> TakeExcess();

  size_t runs() const { return places_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  struct Kept {
    base::RunKey key;
    size_t bytes;
  };

  const Options options_;
  std::list<Kept> order_;  // Oldest first.
  absl::flat_hash_map<base::RunKey, std::list<Kept>::iterator> places_;
  size_t bytes_ = 0;
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_KEPT_RUNS_H_
