// One connection to Redis, by hiredis on our event loop.

#ifndef RUNCAST_GATEWAY_COORDINATION_REDIS_CONNECTION_H_
#define RUNCAST_GATEWAY_COORDINATION_REDIS_CONNECTION_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/base/event_loop.h"
#include "gateway/coordination/redis_address.h"

struct redisAsyncContext;
struct redisReply;

namespace runcast::coordination {

// Commands are answered in their order. One that is not answered in time is given up; its answer is
// read and dropped when it comes. A connection on which nothing at all is answered for 2 s is
// closed.
//
// Threads: the loop's only. `done` and `on_closed` run on the loop, never before the call that
//   caused them returned; they may send more, and `on_closed` may destroy this object.
// Lifetime: `loop` outlives this object. Destroying it closes the connection and drops what waits
//   without a word.
class RedisConnection {
 public:
  // Null: no answer in time, or none any more.
  using Done = absl::AnyInvocable<void(const redisReply* reply)>;
  // Why; not called for a connection that its owner destroys.
  using OnClosed = absl::AnyInvocable<void(std::string why)>;

  // Begins to connect; commands may be sent at once. `address` is in digits, or a path.
  RedisConnection(base::EventLoop& loop, const RedisAddress& address, OnClosed on_closed);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  void Send(const std::vector<absl::string_view>& words, absl::Duration timeout, Done done);

  // Hands over what waits for an answer, in order, and forgets it: for an owner about to destroy
  // this object who has promised an answer to each.
  std::vector<Done> TakeWaiting();

 private:
  struct Command {
    Done done;  // Null: given up.
    base::MonotonicTime due;
    base::MonotonicTime sent;
  };

  // What hiredis calls; `self` is this object.
  static void AddRead(void* self);
  static void DelRead(void* self);
  static void AddWrite(void* self);
  static void DelWrite(void* self);
  static void Cleanup(void* self);
  static void OnReply(redisAsyncContext* context, void* reply, void* data);

  void OnReady(bool readable, bool writable);
  void SetInterest(bool reads, bool writes);
  void CheckTime();
  void SetTimer(base::MonotonicTime due);
  // Says once that the connection is of no more use.
  void Close(std::string why);

  base::EventLoop& loop_;
  OnClosed on_closed_;
  redisAsyncContext* context_ = nullptr;  // Null: closed.
  std::unique_ptr<base::FdWatch> watch_;
  bool reads_ = false;
  bool writes_ = false;
  std::deque<Command> commands_;  // Sent and not answered, in order.
  std::unique_ptr<base::Timer> timer_;
  base::MonotonicTime timer_due_ = base::MonotonicTime::InfiniteFuture();
  std::unique_ptr<base::Timer> close_timer_;
  std::string why_;
};

}  // namespace runcast::coordination

#endif  // RUNCAST_GATEWAY_COORDINATION_REDIS_CONNECTION_H_
