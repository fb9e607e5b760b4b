// One thread of calls: a completion queue, the calls on it, their runs and their timers.

#ifndef RUNCAST_GATEWAY_RPC_SERVING_LOOP_H_
#define RUNCAST_GATEWAY_RPC_SERVING_LOOP_H_

#include <grpcpp/server_builder.h>

#include <cstdint>
#include <memory>
#include <random>
#include <thread>

#include "absl/container/flat_hash_map.h"
#include "gateway/rpc/call.h"
#include "gateway/rpc/completion_cache.h"
#include "gateway/rpc/cork.h"
#include "gateway/rpc/event_target.h"
#include "gateway/rpc/last_connection.h"
#include "gateway/rpc/mailbox.h"
#include "gateway/rpc/method.h"
#include "gateway/rpc/raw_service.h"
#include "gateway/rpc/reset_count.h"
#include "gateway/rpc/surroundings.h"
#include "gateway/rpc/timer_wheel.h"
#include "gateway/rpc/watched_runs.h"
#include "gateway/runs/run_hub.h"
#include "gateway/telemetry/event_limit.h"
#include "gateway/telemetry/metrics.h"

namespace runcast::rpc {

class GetStatusCall;

// Never blocks: everything it does is the answer to an event of its queue, to mail or to a
// timer.
//
// Threads: `Start`, `Post` and the Follower's side from any thread; all else is for the calls
//   on it.
// Lifetime: `surroundings` and the services outlive it. To be ended with CloseMail once the
//   server is shut down; `Join` waits for the last call. Destroying it without that is legal
//   only before `Start`.
class ServingLoop final : public runs::Follower, private EventTarget {
 public:
  // The services whose calls it takes, with their methods in this order.
  struct Services {
    RawService& run_status;  // GetStatus, WatchRun.
    RawService& health;      // Check, Watch.
  };

  ServingLoop(std::unique_ptr<grpc::ServerCompletionQueue> queue, const Surroundings& surroundings,
              Services services);
  ~ServingLoop() override;

  // Before any loop starts: the one that this one wakes, if it has mail, each time it is woken
  // itself. Lives as long as this one.
  void SetNeighbour(ServingLoop& neighbour) { neighbour_ = &neighbour; }
  void Start();
  void Join();

  // Any thread.
  void Post(Mail mail) { mailbox_.Post(std::move(mail)); }
  void OnFollowEvent(const base::RunKey& key, runs::FollowEvent event) override;
  void QueueFollowEvent(const base::RunKey& key, runs::FollowEvent event) override;
  void Wake() override { mailbox_.Wake(); }
  void OnReadAnswer(uint64_t read_id, runs::ReadAnswer answer) override;
  void AddWatcherCounts(WatcherCounts& counts) const { watched_runs_.AddCounts(counts); }

  // For calls.
  const Surroundings& surroundings() const { return surroundings_; }
  telemetry::LoopCounters& counters() { return counters_; }
  telemetry::EventLimit& call_log_limit() { return call_log_limit_; }
  TimerWheel& wheel() { return wheel_; }
  CompletionCache& completions() { return completions_; }
  Cork& cork() { return cork_; }
  LastConnection& last_connection() { return last_connection_; }
  WatchedRuns& watched_runs() { return watched_runs_; }
  bool draining() const { return draining_; }

  // The time of the event being handled.
  Tick now() const { return now_tick_; }
  base::MonotonicTime now_time() const { return now_; }
  Tick TicksOf(absl::Duration duration) const;
  Tick TickAfter(absl::Duration duration) const { return now_tick_ + TicksOf(duration); }
  Tick stall_ticks() const { return stall_ticks_; }

  // A random number from 0 to 1.
  double Spread() { return std::uniform_real_distribution<double>()(random_); }
  // `duration` ±10 %.
  Tick SpreadTicks(absl::Duration duration);

  // Asks the hub; the answer goes to `call` unless it is gone by then.
  uint64_t StartRead(GetStatusCall& call, runs::ReadRequest request);
  size_t waiting_reads() const { return reads_.size(); }
  void ForgetRead(uint64_t read_id) { reads_.erase(read_id); }

  // Calls whose message has not come, in order of coming.
  void AddSilentCall(Call& call);
  void RemoveSilentCall(Call& call);

  // Calls of Health.Watch that were let in; they count themselves.
  size_t health_watches() const { return health_watches_; }
  void AddHealthWatch() { ++health_watches_; }
  void RemoveHealthWatch() { --health_watches_; }

  // From Call alone.
  void OnCallAccepted(Call& call);
  void OnCallGone(Call& call, bool was_accepted);
  // Its caller opened it and cancelled it at once.
  void OnReset(Call& call);

 private:
  void Run();
  void Listen(Method method);
  void OnEvent(CallEvent event, bool ok) override;
  void ReadClock();
  gpr_timespec NextDeadline();
  void FireTimers();
  void CheckPolicy();
  template <typename Visit>
  void ForEachCall(Visit visit) {
    silent_calls_.ForEach(visit);
    live_calls_.ForEach(visit);
  }

  void Handle(FollowMail& mail) { watched_runs_.OnFollowEvent(mail.key, std::move(mail.event)); }
  void Handle(ReadMail& mail);
  void Handle(DrainMail& mail);
  void Handle(EndCallsMail& mail);
  void Handle(HealthMail& mail);
  void Handle(CloseMail& mail);
  void CloseWhenEmpty();

  const Surroundings& surroundings_;
  const Services services_;
  const int64_t tick_nanos_;
  const Tick stall_ticks_;
  telemetry::LoopCounters& counters_;
  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  CompletionCache completions_;
  Mailbox mailbox_;
  ServingLoop* neighbour_ = nullptr;
  std::thread thread_;

  // The loop's thread only, from here on.
  base::MonotonicTime now_;
  Tick now_tick_ = 0;
  base::MonotonicTime started_;
  gpr_timespec queue_started_;  // The same moment by the queue's clock, or a little later.
  std::mt19937 random_;
  TimerWheel wheel_;
  WheelEntry policy_timer_;
  uint64_t policy_generation_ = 0;
  WatchedRuns watched_runs_;
  // Each live call is in one of them.
  CallList silent_calls_;
  CallList live_calls_;
  // All call objects, those that wait for a caller included.
  size_t calls_ = 0;
  absl::flat_hash_map<uint64_t, GetStatusCall*> reads_;
  uint64_t last_read_id_ = 0;
  size_t health_watches_ = 0;
  ResetCount resets_;
  Cork cork_;
  LastConnection last_connection_;
  // Calls that ended badly.
  telemetry::EventLimit call_log_limit_{absl::Seconds(10)};
  bool draining_ = false;
  bool closing_ = false;
  bool queue_shut_down_ = false;
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_SERVING_LOOP_H_
