// The newest status of each run: the one structure that threads share.

#ifndef RUNCAST_GATEWAY_RUNS_SNAPSHOT_TABLE_H_
#define RUNCAST_GATEWAY_RUNS_SNAPSHOT_TABLE_H_

#include <array>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "gateway/base/clock.h"
#include "gateway/base/run_key.h"
#include "gateway/runs/run_error.h"
#include "gateway/runs/snapshot.h"

namespace runcast::runs {

// How much of the platform's two windows a run id has used up, at its last look ahead.
struct BudgetUse {
  int minute = 0;
  int minute_limit = 0;
  int hour = 0;
  int hour_limit = 0;
};

// What is known about a run beside its snapshot; changes with every poll and costs no sequence.
struct RunVitals {
  // Wall times; InfinitePast where there is none.
  absl::Time last_good_answer = absl::InfinitePast();
  absl::Time next_poll = absl::InfinitePast();
  absl::Time predicted_end = absl::InfinitePast();
  base::MonotonicTime last_good_answer_monotonic = base::MonotonicTime::InfinitePast();
  // Freshness of the run, also while there is no snapshot.
  v1::Freshness freshness;
  BudgetUse budget;
  // Whether a schedule polls this run now.
  bool followed = false;
  // Whether a good answer has come since it does, so that `freshness` is of now.
  bool kept_fresh = false;
};

struct TableEntry {
  SnapshotPtr snapshot;  // Null while nothing is known.
  RunVitals vitals;
};

// Threads: any; the poll loop writes, serving loops read. A look-up holds the lock of one
// shard for the time of a map look-up and of the copy or the visit.
class SnapshotTable {
 public:
  std::optional<TableEntry> Find(const base::RunKey& key) const;
  // Calls `visit(entry)`, under the lock, if there is one: for who needs little of it.
  template <typename Visitor>
  void Look(const base::RunKey& key, Visitor visit) const {
    const Shard& shard = ShardOf(key);
    std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(key);
    if (found != shard.entries.end()) visit(found->second);
  }

  void Put(const base::RunKey& key, TableEntry entry);
  void Erase(const base::RunKey& key);
  size_t size() const;

  // A copy of everything, shard by shard: for people who look, not for calls.
  std::vector<std::pair<base::RunKey, TableEntry>> All() const;

 private:
  struct Shard {
    mutable std::mutex mutex;
    absl::flat_hash_map<base::RunKey, TableEntry> entries;
  };
  static constexpr size_t kShards = 16;

  Shard& ShardOf(const base::RunKey& key);
  const Shard& ShardOf(const base::RunKey& key) const;

  std::array<Shard, kShards> shards_;
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_SNAPSHOT_TABLE_H_
