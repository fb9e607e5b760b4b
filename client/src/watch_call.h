// WatchRun calls over gRPC.
//
//   starting ──▶ awaiting headers ──▶ reading ─┐ each message: read again
//      │ failed        │ failed         │ ◀────┘
//      └───────────────┴────────▶ finishing ──▶ gone
//
// One operation is in flight at any time, so one tag is enough; the call dies when the last
// one has come back, also after it was cancelled.

#ifndef RUNCAST_CLIENT_SRC_WATCH_CALL_H_
#define RUNCAST_CLIENT_SRC_WATCH_CALL_H_

#include <memory>

#include "client/src/call_loop.h"
#include "client/src/channel_pool.h"
#include "client/src/stream_opener.h"

namespace runcast::client {

// Threads: those of `loop`. Lifetime: both outlive it and all its calls.
class WatchCallOpener final : public StreamOpener {
 public:
  WatchCallOpener(CallLoop& loop, ChannelPool& channels) : loop_(loop), channels_(channels) {}

  std::unique_ptr<OpenStream> Open(const v1::WatchRunRequest& request,
                                   StreamEvents& events) override;

 private:
  CallLoop& loop_;
  ChannelPool& channels_;
};

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_WATCH_CALL_H_
