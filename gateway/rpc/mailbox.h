// How other threads reach a serving loop.

#ifndef RUNCAST_GATEWAY_RPC_MAILBOX_H_
#define RUNCAST_GATEWAY_RPC_MAILBOX_H_

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <cstdint>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "gateway/base/run_key.h"
#include "gateway/rpc/event_target.h"
#include "gateway/runs/run_hub.h"

namespace runcast::rpc {

// News of a followed run.
struct FollowMail {
  base::RunKey key;
  runs::FollowEvent event;
};
// The answer to a read.
struct ReadMail {
  uint64_t read_id;
  runs::ReadAnswer answer;
};
// New calls are refused from now on, open streams end over `spread`.
struct DrainMail {
  absl::Duration spread;
};
// Every call ends with DRAINING, whatever it waits for.
struct EndCallsMail {};
// ServingState::ready changed.
struct HealthMail {};
// The server is shut down: end as soon as the last call is gone.
struct CloseMail {};
using Mail = std::variant<FollowMail, ReadMail, DrainMail, EndCallsMail, HealthMail, CloseMail>;

// A queue entry and at most one wake in flight, however much is posted. The wake is an alarm
// that is due since ever: the monotonic "infinite past" wakes in 49 µs, "now" in 0.9 ms.
//
// Threads: `Post`, `Put` and `Wake` from any thread, all else on the loop's.
// Lifetime: the queue and the target outlive it. After `Close` posts are dropped: setting an
//   alarm on a queue that was shut down aborts the process.
class Mailbox {
 public:
  Mailbox(grpc::CompletionQueue& queue, EventTarget* target) : queue_(queue), target_(target) {}

  // `Put` and `Wake`.
  void Post(Mail mail);
  void Put(Mail mail);
  // Nothing happens where nothing was put.
  void Wake();

  // To be called with each kWake: what was posted since the last time, in order.
  std::vector<Mail> Take();
  // The mail kept from now on is none.
  void Close();

 private:
  grpc::CompletionQueue& queue_;
  EventTarget* const target_;

  std::mutex mutex_;
  std::vector<Mail> posted_;   // Guarded by mutex_.
  bool wake_pending_ = false;  // Guarded by mutex_.
  bool closed_ = false;        // Guarded by mutex_.
  grpc::Alarm alarm_;          // Set only by who turned wake_pending_ on, under mutex_.
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_MAILBOX_H_
