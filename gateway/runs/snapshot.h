// One run status, frozen and encoded once for everybody.

#ifndef RUNCAST_GATEWAY_RUNS_SNAPSHOT_H_
#define RUNCAST_GATEWAY_RUNS_SNAPSHOT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/base/clock.h"
#include "gateway/runs/resume_token.h"
#include "runcast/v1/run_status.pb.h"

namespace runcast::runs {

// Immutable, so any thread may read it. Nothing in its bytes belongs to one watcher.
class Snapshot {
 public:
  // `status` is complete: sequence, epoch, observed time and freshness are set.
  // `answered_at`: when the poll loop learned of it.
  static std::shared_ptr<const Snapshot> Make(v1::RunStatus status,
                                              base::MonotonicTime answered_at = {});

  const v1::RunStatus& status() const { return status_; }
  const ResumeToken& token() const { return token_; }
  base::MonotonicTime answered_at() const { return answered_at_; }
  bool terminal() const { return status_.terminal(); }

  // An encoded `WatchRunResponse` with the status and the resume token.
  const std::string& watch_response() const { return watch_response_; }

  // The encoded field `status`, number 1 of both `WatchRunResponse` and `GetStatusResponse`:
  // an encoded `GetStatusResponse` is these bytes followed by its other fields.
  absl::string_view status_field() const {
    return absl::string_view(watch_response_).substr(0, status_field_size_);
  }

  // Roughly what it holds in memory.
  size_t bytes() const;

 private:
  Snapshot() = default;

  v1::RunStatus status_;
  ResumeToken token_;
  base::MonotonicTime answered_at_;
  std::string watch_response_;
  size_t status_field_size_ = 0;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_SNAPSHOT_H_
