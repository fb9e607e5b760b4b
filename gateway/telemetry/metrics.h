// Every metric of the gateway by name, once.

#ifndef RUNCAST_GATEWAY_TELEMETRY_METRICS_H_
#define RUNCAST_GATEWAY_TELEMETRY_METRICS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "gateway/telemetry/seconds_histogram.h"
#include "gateway/telemetry/upstream_failure.h"

namespace runcast::telemetry {

// A number that only rises. Any thread; an addition is one relaxed atomic instruction.
class Counter {
 public:
  void Add(uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// A number that rises and falls. Any thread.
class Gauge {
 public:
  void Set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void Add(int64_t by) { value_.fetch_add(by, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// The same with a fraction. Any thread.
class RealGauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// A counter that one thread alone writes: no locked instruction on the hot path.
class LoopCounter {
 public:
  void Add(uint64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// Calls that ended, by their gRPC status code. One thread alone writes.
class HandledCounter {
 public:
  static constexpr int kCodes = 17;  // OK (0) to UNAUTHENTICATED (16).

  // A code outside the table counts as UNKNOWN (2).
  void Add(int grpc_code) { codes_[grpc_code >= 0 && grpc_code < kCodes ? grpc_code : 2].Add(); }
  uint64_t value(int grpc_code) const { return codes_[grpc_code].value(); }

 private:
  std::array<LoopCounter, kCodes> codes_;
};

// gRPC's codes as its other languages spell them in labels: `OK`, `Canceled`, `NotFound`, …
const char* GrpcCodeName(int grpc_code);

// What one serving loop counts. Its own cache lines, because two loops write at once.
struct alignas(64) LoopCounters {
  LoopCounter get_status_started;
  HandledCounter get_status_handled;
  LoopCounter watch_run_started;
  HandledCounter watch_run_handled;
  LoopCounter statuses_sent;
  LoopCounter heartbeats_sent;
  LoopCounter statuses_conflated;
  LoopCounter stalls;
  SecondsHistogram get_status_seconds;
  SecondsHistogram watch_run_seconds;
  SecondsHistogram delivery_seconds;  // From the platform's answer to the last write of it.
};

// What is known of one credential's tokens.
struct CredentialMetrics {
  std::string name;
  RealGauge token_expires_at;  // Unix time on our clock; 0: no token is kept.
};

// The results of a poll, as a label.
enum class PollOutcome {
  kUnchanged,
  kChanged,
  kWentBack,
  kNotFound,
  kCredentials,
  kScope,
  kThrottled,
  kUnavailable,
  kProtocol,
  kRejected,
  kSendRefused,
  kCount,
};
const char* PollOutcomeName(PollOutcome outcome);

// The limits that refuse calls before anybody looks at the run, as a label.
enum class CallLimit {
  kCallerRate,     // Calls a second of one caller.
  kCallerWatches,  // Open watches of one caller.
  kCallerReads,    // Reads of one caller that wait.
  kRunWatches,     // Open watches of one run.
  kConnectionWatches,
  kWatches,        // Open watches in all.
  kWaitingReads,   // Reads that wait, on one loop.
  kSilentCalls,    // Calls that have not sent their message, on one loop.
  kHealthWatches,  // Watches of health, on one loop.
  kMemory,
  kCount,
};
const char* CallLimitName(CallLimit limit);

// What the gateway did since its start, and holds now, in a few numbers.
struct Activity {
  int64_t watchers = 0;
  int64_t followed_runs = 0;
  int64_t stale_runs = 0;
  uint64_t messages_sent = 0;  // On streams, heartbeats included.
  uint64_t reads = 0;          // Calls of GetStatus.
  uint64_t polls_good = 0;
  uint64_t polls_bad = 0;  // Those that brought no status, but for "not found".
};

// Threads: counters from any thread; `AddLoop`, `AddCredential` and `WriteText` from any thread.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  std::array<Counter, static_cast<size_t>(PollOutcome::kCount)> polls;
  // Of polls that are `unavailable` or `protocol`.
  std::array<Counter, static_cast<size_t>(UpstreamFailure::kCount)> upstream_failures;
  SecondsHistogram poll_seconds;  // From the decision to poll to what came of it.
  std::array<Counter, static_cast<size_t>(CallLimit::kCount)> limit_refusals;
  Counter upstream_sends;    // Requests that went out, repetitions included.
  Counter upstream_repeats;  // Of those, repetitions.
  Counter snapshots_published;
  Counter unreadable_fields;
  Counter reads_from_memory;
  Counter reads_joined;
  Counter reads_refused;
  Counter new_runs_refused;
  Counter tokens_signed;
  Counter secrets_reloaded;
  Counter access_denied;
  Counter policies_loaded;
  Counter policies_refused;  // Files with a fault, at a reload.
  Counter certificates_loaded;
  Counter certificates_refused;  // Changed TLS files with a fault.
  Gauge certificate_expiry;      // Seconds since 1970; 0 without TLS.
  Counter report_links_given;
  Counter config_reloads;
  Counter config_reloads_refused;
  Gauge followed_runs;
  Gauge kept_runs;
  Gauge kept_bytes;
  Gauge budget_logs;
  Gauge breaker_open;  // 0 or 1.
  Gauge stale_runs;    // Of those followed.
  RealGauge oldest_answer_seconds;
  RealGauge budget_used_minute;  // The run that used most: its share of the window.
  RealGauge budget_used_hour;
  Gauge coordination_engine_up;  // 0 or 1; 0 without an engine too.
  Gauge coordination_replicas;
  Gauge coordination_replicas_lost;
  Gauge coordination_owned_runs;
  Counter coordination_takeovers;
  Counter coordination_handovers;
  Counter coordination_fenced;
  Counter coordination_publishes_refused;
  Counter coordination_claims;
  Counter coordination_records_read;
  Counter coordination_failures;  // Commands without an answer, or with an error.
  SecondsHistogram coordination_publish_seconds;
  SecondsHistogram coordination_renew_seconds;
  Gauge watchers;
  Gauge watchers_limit;
  Gauge live_calls;
  Counter connections_accepted;
  Counter connections_cut;
  Counter accept_pauses;  // Times that descriptors ran short.
  Gauge draining;         // 0 or 1.
  Gauge memory_full;      // 0 or 1.

  void CountLimit(CallLimit limit) { limit_refusals[static_cast<size_t>(limit)].Add(); }
  void CountUpstreamFailure(UpstreamFailure failure) {
    upstream_failures[static_cast<size_t>(failure)].Add();
  }

  // Counts an ended watch by its reason on the wire (`OK`, `STREAM_MAX_AGE`, …): a small closed
  // set, never a run id. Beyond 64 different ones the rest counts as `OTHER`.
  void CountStreamEnd(const std::string& reason);

  // Counters for one more serving loop; owned here, valid as long as this object.
  LoopCounters& AddLoop();

  // Gauges of one more credential; owned here, valid as long as this object.
  CredentialMetrics& AddCredential(std::string name);

  Activity CurrentActivity() const;

  // The Prometheus text format, version 0.0.4.
  std::string WriteText() const;

 private:
  class Collector;

  mutable std::mutex mutex_;
  std::deque<LoopCounters> loops_;               // Guarded by mutex_; elements stay in place.
  std::deque<CredentialMetrics> credentials_;    // Guarded by mutex_; elements stay in place.
  std::map<std::string, uint64_t> stream_ends_;  // Guarded by mutex_.
  std::unique_ptr<Collector> collector_;
};

}  // namespace runcast::telemetry

#endif  // RUNCAST_GATEWAY_TELEMETRY_METRICS_H_
