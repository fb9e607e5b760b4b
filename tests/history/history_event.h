// One thing that happened to a watcher, as small as the checks allow: soaks keep millions of them.

#ifndef RUNCAST_TESTS_HISTORY_HISTORY_EVENT_H_
#define RUNCAST_TESTS_HISTORY_HISTORY_EVENT_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "runcast/v1/run_status_service.pb.h"

namespace runcast::history {

struct HistoryEvent {
  enum class Kind { kOpened, kStatus, kHeartbeat, kNothing, kEnded } kind = Kind::kOpened;
  // Of one clock for all events that are compared with each other.
  absl::Time at;

  // kOpened: whether the stream was asked for with a resume token.
  bool resumed = false;
  // kEnded: gRPC's code.
  int code = 0;

  // Messages. kNothing is one that is neither status nor heartbeat.
  bool has_token = true;
  bool fresh = true;

  // kStatus.
  uint64_t epoch = 0;
  uint64_t sequence = 0;
  bool terminal = false;
  std::optional<int64_t> done;  // Utterances.
  std::optional<double> percent;
  // Hash of what the platform said; equal ones are the same news.
  uint64_t facts = 0;
};

HistoryEvent EventOf(absl::Time at, const v1::WatchRunResponse& message);
HistoryEvent EventOf(absl::Time at, const v1::RunStatus& status);

}  // namespace runcast::history

#endif  // RUNCAST_TESTS_HISTORY_HISTORY_EVENT_H_
