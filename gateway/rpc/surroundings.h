// What every call on every serving loop has around it.

#ifndef RUNCAST_GATEWAY_RPC_SURROUNDINGS_H_
#define RUNCAST_GATEWAY_RPC_SURROUNDINGS_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "gateway/access/access_control.h"
#include "gateway/access/caller_identity.h"
#include "gateway/base/clock.h"
#include "gateway/rpc/admission.h"
#include "gateway/rpc/connection_table.h"
#include "gateway/runs/run_hub.h"
#include "gateway/telemetry/metrics.h"

namespace runcast::rpc {

// Limits of calls. Times are spread by ±10 % where the contract says so.
struct CallLimits {
  // How long a call may take to send its request message.
  absl::Duration request_timeout = absl::Seconds(10);
  // `GetStatusRequest.max_staleness` where the caller names none.
  absl::Duration max_staleness = absl::Seconds(5);
  // `WatchRunRequest.heartbeat_interval` where the caller names none, and the least a caller
  // may name.
  absl::Duration heartbeat_interval = absl::Seconds(20);
  absl::Duration least_heartbeat_interval = absl::Seconds(5);
  // Longest life of a watch.
  absl::Duration max_age = absl::Minutes(50);
  // How long flow control may hold back a write.
  absl::Duration stall_timeout = absl::Seconds(30);
  // After how long an open watch is checked against the access policy again.
  absl::Duration access_recheck = absl::Seconds(20);
  // Of one loop: calls of GetStatus that wait for the hub, those included whose caller has left
  // meanwhile; and calls of Health.Watch.
  size_t max_waiting_reads = 20000;
  // Of one loop, at least 1: calls whose message has not come; one more ends the oldest. gRPC holds
  // only those to its limit of streams who acknowledge its settings.
  size_t max_silent_calls = 20000;
  size_t max_health_watches = 1000;
  // Of one loop: calls of one connection that are cancelled within a second of their beginning, in
  // one second; one more, and the connection is closed. One costs about 15 us of CPU; ten times as
  // many are more than two cores can take (tests/faults/README.md, row 18).
  int max_resets_per_second = 2000;
  // For how long what goes to one connection may be held back for more to the same one. Between two
  // events: the loop never waits meanwhile.
  absl::Duration longest_gathering = absl::Milliseconds(1);
  // How exact all times are. A loop wakes at most this often for timers.
  absl::Duration tick = absl::Milliseconds(50);
};

// Flags that other threads set and calls read.
struct ServingState {
  // What health says of all but liveness.
  std::atomic<bool> ready{false};
  // No memory for new calls: they are refused with OVERLOADED.
  std::atomic<bool> full{false};
};

// Lifetime: all of it outlives the loops.
struct Surroundings {
  runs::RunHub& hub;
  const access::AccessControl& access;
  const access::CallerIdentity& identity;
  const base::Clock& clock;
  telemetry::Metrics& metrics;
  Admission& admission;
  const ConnectionTable& connections;
  const ServingState& state;
  // Whether connections are TLS; without it no caller has a certificate.
  bool is_tls;
  CallLimits limits;
  // Closes the connection of this peer, soon. Threads: any.
  std::function<void(const std::string& peer)> cut_connection;
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_SURROUNDINGS_H_
