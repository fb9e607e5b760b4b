// What a watch needs from the wire: one stream at a time, and how it went.

#ifndef RUNCAST_CLIENT_SRC_STREAM_OPENER_H_
#define RUNCAST_CLIENT_SRC_STREAM_OPENER_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runcast/v1/run_status_service.pb.h"

namespace runcast::client {

// How a stream ended.
struct StreamEnd {
  absl::Status status{};
  // The wait that the gateway asked for, by RetryInfo or `grpc-retry-pushback-ms`.
  absl::Duration retry_after{};
};

// What a stream tells. None is called inside `Open`; each may destroy the stream.
class StreamEvents {
 public:
  virtual ~StreamEvents() = default;
  virtual void OnHeaders() = 0;
  virtual void OnMessage(const v1::WatchRunResponse& message) = 0;
  virtual void OnEnd(const StreamEnd& end) = 0;  // Last.
};

// Destroying it cancels the stream; no event follows.
class OpenStream {
 public:
  virtual ~OpenStream() = default;
  // Headers did not come in time. Says what that means and keeps further streams away from
  // this connection; true when the connection itself is up, so that another one can help.
  virtual bool ReportMissingHeaders() = 0;
};

// Threads: those of the loop.
class StreamOpener {
 public:
  virtual ~StreamOpener() = default;
  // `events` outlives the stream that is returned.
  virtual std::unique_ptr<OpenStream> Open(const v1::WatchRunRequest& request,
                                           StreamEvents& events) = 0;
};

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_STREAM_OPENER_H_
