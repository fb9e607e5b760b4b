// Turns a host name into an address without holding up a loop.

#ifndef RUNCAST_GATEWAY_COORDINATION_NAME_LOOKUP_H_
#define RUNCAST_GATEWAY_COORDINATION_NAME_LOOKUP_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "gateway/base/event_loop.h"

namespace runcast::coordination {

// hiredis resolves names itself, and blocks meanwhile. One look-up at a time.
//
// Threads: the loop's only; the look-up runs on a thread of its own.
// Lifetime: `loop` outlives this object. The destructor waits for a look-up under way, as long as
//   the system's resolver takes to give up.
class NameLookup {
 public:
  // An address in digits, or why there is none.
  using Done = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;

  explicit NameLookup(base::EventLoop& loop);
  ~NameLookup();

  // `done` runs on the loop, unless another look-up was asked for meanwhile.
  void Resolve(std::string host, Done done);

 private:
  void Run();

  base::EventLoop& loop_;
  // What posted tasks look at; they may run after this object has gone.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Done done_;
  int current_ = 0;

  std::mutex mutex_;
  std::condition_variable wanted_;
  std::string host_;   // Guarded by mutex_; empty: nothing to do.
  int number_ = 0;     // Guarded by mutex_.
  bool stop_ = false;  // Guarded by mutex_.
  std::thread thread_;
};

}  // namespace runcast::coordination

#endif  // RUNCAST_GATEWAY_COORDINATION_NAME_LOOKUP_H_
