// What every run of this replica knows of the others.

#ifndef RUNCAST_GATEWAY_RUNS_REPLICA_VIEW_H_
#define RUNCAST_GATEWAY_RUNS_REPLICA_VIEW_H_

#include "absl/time/time.h"
#include "gateway/base/clock.h"
#include "gateway/runs/coordination.h"
#include "gateway/runs/poll_policy.h"
#include "gateway/runs/rate_budget.h"
#include "gateway/telemetry/metrics.h"

namespace runcast::runs {

// Threads: poll loop only; the poll loop writes it. What it refers to outlives it.
struct ReplicaView {
  Coordination& coordination;
  telemetry::Metrics& metrics;
  BudgetLimits limits;
  // Of the whole deployment, and of one replica of those known when nobody can tell the others
  // anything.
  const PollPolicy& policy;
  PollPolicy alone_policy;
  // No poll takes longer, whoever makes it.
  absl::Duration longest_poll = absl::Seconds(10);

  bool engine_up = false;
  ReplicaCounts replicas;
  // The last time at which the engine was known to answer; what happened since is not known.
  base::MonotonicTime last_contact;
  // This replica is about to stop: what others can do it does not take on.
  bool leaving = false;
  bool left = false;  // It has stopped: nothing is claimed or polled any more.
  // It cannot reach the platform, and another one can.
  bool hands_over = false;

  bool OthersShouldTake() const { return hands_over || (leaving && replicas.live > 1); }
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_REPLICA_VIEW_H_
