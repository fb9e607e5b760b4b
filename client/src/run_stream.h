// One run being watched: keeps a stream open and shares it among all who watch the run here.
//
//            Open             headers            end, silence
//   waiting ──────▶ opening ──────────▶ streaming ───────────▶ waiting
//      ▲               │ end, no headers in time                  │
//      └───────────────┴──────────────────────────────────────────┘
//   From each state to the end: error that cannot heal, outage limit. From streaming: the
//   terminal status, then the end of the stream or two seconds, whichever is first.

#ifndef RUNCAST_CLIENT_SRC_RUN_STREAM_H_
#define RUNCAST_CLIENT_SRC_RUN_STREAM_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/src/reconnect_policy.h"
#include "client/src/status_filter.h"
#include "client/src/stream_opener.h"
#include "client/src/subscription.h"
#include "client/src/timers.h"

namespace runcast::client {

// Threads: loop only.
// Lifetime: `timers` and `opener` outlive it. `on_ended` is called once, last, and may destroy it.
// Errors: reported to subscribers when waiting cannot heal them; all others mean a new stream.
class RunStream final : private StreamEvents {
 public:
  struct Options {
    absl::Duration heartbeat_interval = absl::Seconds(20);
    absl::Duration silence_limit = absl::Seconds(60);
    absl::Duration headers_timeout = absl::Seconds(5);
    absl::Duration outage_limit = absl::InfiniteDuration();
    ReconnectPolicy::Options backoff;
  };

  RunStream(v1::RunReference run, Options options, ReconnectPolicy::Random random, Timers& timers,
            StreamOpener& opener, Task on_ended);
  ~RunStream() override;

  // The newest status follows at once when there is one.
  void Add(const std::shared_ptr<Subscription>& subscription);
  // Without subscribers the stream is of no use: the owner destroys it.
  void Remove(const Subscription* subscription);
  bool empty() const { return subscriptions_.empty(); }

  // Finishes all subscriptions; nothing is called afterwards, `on_ended` neither.
  void Abort(const absl::Status& status);

 private:
  void OnHeaders() override;
  void OnMessage(const v1::WatchRunResponse& message) override;
  void OnEnd(const StreamEnd& end) override;

  void Open();
  void OnMissingHeaders();
  void OnSilence();
  void OnStatus(const v1::WatchRunResponse& message);
  // The stream is gone; waits and opens another, or ends.
  void Recover(const absl::Status& error, absl::Duration asked);
  void End(const absl::Status& status);
  void Announce(ConnectionNews news);
  void SetTimer(absl::Duration wait, void (RunStream::*task)());
  void Forget();  // Stream and timer.

  const v1::RunReference run_;
  const Options options_;
  const std::string context_;  // What errors are about: `watch of run tr-17`.
  ReconnectPolicy policy_;
  Timers& timers_;
  StreamOpener& opener_;
  Task on_ended_;

  std::vector<std::shared_ptr<Subscription>> subscriptions_;
  StatusFilter filter_;
  std::optional<v1::RunStatus> newest_;
  ConnectionNews connection_;
  std::string resume_token_;
  // A status was dropped as behind: tokens that follow would stand for it.
  bool token_on_hold_ = false;

  std::unique_ptr<OpenStream> stream_;
  TimerId timer_ = 0;       // The one thing waited for: retry, headers, silence or the end.
  int headers_missed_ = 0;  // In a row.
  std::optional<MonotonicTime> first_message_;  // Of the current stream.
  MonotonicTime last_alive_;                    // Last message of any stream, or the start.
};

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_RUN_STREAM_H_
