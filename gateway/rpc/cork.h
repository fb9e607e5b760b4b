// Gathers what goes to one connection in a row into few packets.

#ifndef RUNCAST_GATEWAY_RPC_CORK_H_
#define RUNCAST_GATEWAY_RPC_CORK_H_

#include "absl/time/time.h"
#include "gateway/base/clock.h"
#include "gateway/rpc/connection_table.h"

namespace runcast::rpc {

// gRPC 1.51 hands each message of each stream to the kernel by itself, and most of what that costs
// is the packet and waking its reader. A corked socket (TCP_CORK) keeps what is written, up to a
// packet, until it is released (figures: tests/bench/README.md, "Levers").
//
// One connection is held at a time, and only while more for it is known to follow. The loop
// releases it before it waits, so a message is late by no more than the work on those that leave
// with it; one that another loop sends to the same connection, too. A descriptor that has become
// somebody else's is none the worse for being held.
//
// Threads: the loop's only.
class Cork {
 public:
  // After `longest` a release is overdue: a flood that never lets the loop wait must not keep from
  // good callers what they wait for.
  explicit Cork(absl::Duration longest) : longest_(longest) {}

  // Runs `send`, which sends to one connection at most. `more_follows`: so does what comes next in
  // this turn of the loop, or as one of the next events; whatever is held stays so until then.
  template <typename Send>
  void Gather(bool more_follows, Send send) {
    more_follows_ = more_follows;
    send();
    more_follows_ = false;
    if (!more_follows) Release();
  }

  // To be called before each send with the descriptor of its connection, but needs none, which
  // may cost a look-up, while it is idle.
  bool idle() const { return !more_follows_ && !holds(); }
  void BeforeSend(int descriptor, base::MonotonicTime now);

  bool holds() const { return held_ != ConnectionTable::kUnknown; }
  // Whether it must be released, whatever may follow.
  bool IsOverdue(base::MonotonicTime now) const { return holds() && now >= held_until_; }
  // Whatever is held leaves now.
  void Release() {
    if (holds()) SetHeld(ConnectionTable::kUnknown);
  }

 private:
  void SetHeld(int descriptor);

  const absl::Duration longest_;
  bool more_follows_ = false;
  int held_ = ConnectionTable::kUnknown;
  base::MonotonicTime held_until_;
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_CORK_H_
