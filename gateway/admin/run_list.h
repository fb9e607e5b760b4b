// What the page `/runs` says: the runs of this gateway, its activity of the last minutes, and how
// the platform does.

#ifndef RUNCAST_GATEWAY_ADMIN_RUN_LIST_H_
#define RUNCAST_GATEWAY_ADMIN_RUN_LIST_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gateway/admin/activity_history.h"
#include "gateway/base/run_key.h"
#include "gateway/runs/snapshot_table.h"

namespace runcast::admin {

struct RunRow {
  base::RunKey key;
  runs::TableEntry entry;
  uint32_t watchers = 0;
};

// How this process stands to the other replicas.
struct ReplicaFacts {
  bool engine_up = false;
  int64_t live = 0;  // With this one.
  int64_t lost = 0;  // Gone without a word within the last hour.
  int64_t owned_runs = 0;
};

struct RunList {
  // The page is for people: of more runs than this the rest is only counted.
  static constexpr size_t kMostShown = 500;

  absl::Time now;
  std::string version;
  bool ready = false;
  bool breaker_open = false;
  std::optional<ReplicaFacts> replicas;  // Nothing without a coordination engine.
  std::vector<ActivitySample> activity;
  std::vector<RunRow> rows;
};

// JSON; members are described in README.md. Shown first: stale ones that are followed, then the
// most watched. Holds ids and words of the platform, never a token, secret or link. Pure.
std::string RunListJson(RunList list);

}  // namespace runcast::admin

#endif  // RUNCAST_GATEWAY_ADMIN_RUN_LIST_H_
