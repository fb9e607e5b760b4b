// Which status a watcher gets next: nothing twice, nothing that goes back.

#ifndef RUNCAST_GATEWAY_RPC_DELIVERY_RULE_H_
#define RUNCAST_GATEWAY_RPC_DELIVERY_RULE_H_

#include "gateway/runs/resume_token.h"

namespace runcast::rpc {

enum class Delivery {
  kStatus,     // It is news.
  kHeartbeat,  // The same facts under another number: a heartbeat tells the rest.
  kHold,       // Seen already, or behind what was seen: wait for a later one.
  kEnd,        // Terminal, and seen already: the stream ends with OK.
};

// Pure. `seen` is what the watcher has seen last, be it on this stream or by its resume token;
// null: nothing. Contract, "WatchRun", 2 and 6. `resuming`: the watcher has got nothing on this
// stream yet, so that facts it has seen already deserve one sign.
Delivery DecideDelivery(const runs::ResumeToken& status, const runs::ResumeToken* seen,
                        bool resuming);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_DELIVERY_RULE_H_
