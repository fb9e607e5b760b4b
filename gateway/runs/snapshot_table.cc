#include "gateway/runs/snapshot_table.h"

#include <utility>

#include "absl/hash/hash.h"

namespace runcast::runs {

SnapshotTable::Shard& SnapshotTable::ShardOf(const base::RunKey& key) {
  return shards_[absl::HashOf(key) % kShards];
}

const SnapshotTable::Shard& SnapshotTable::ShardOf(const base::RunKey& key) const {
  return shards_[absl::HashOf(key) % kShards];
}

std::optional<TableEntry> SnapshotTable::Find(const base::RunKey& key) const {
  std::optional<TableEntry> found;
  Look(key, [&](const TableEntry& entry) { found = entry; });
  return found;
}

void SnapshotTable::Put(const base::RunKey& key, TableEntry entry) {
  Shard& shard = ShardOf(key);
  std::lock_guard lock(shard.mutex);
  std::swap(shard.entries[key], entry);
}

void SnapshotTable::Erase(const base::RunKey& key) {
  Shard& shard = ShardOf(key);
  std::lock_guard lock(shard.mutex);
  shard.entries.erase(key);
}

std::vector<std::pair<base::RunKey, TableEntry>> SnapshotTable::All() const {
  std::vector<std::pair<base::RunKey, TableEntry>> all;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    all.insert(all.end(), shard.entries.begin(), shard.entries.end());
  }
  return all;
}

size_t SnapshotTable::size() const {
  size_t size = 0;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    size += shard.entries.size();
  }
  return size;
}

}  // namespace runcast::runs
