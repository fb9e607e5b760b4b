// Keeps what a watch shows in order: nothing twice, nothing older than before.

#ifndef RUNCAST_CLIENT_SRC_STATUS_FILTER_H_
#define RUNCAST_CLIENT_SRC_STATUS_FILTER_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "runcast/v1/run_status.pb.h"

namespace runcast::client {

// The gateway already promises order within a stream and holds older states back after a
// resume; this catches what slips through when streams change replicas, or when a token was
// lost. Pure. Threads: one.
class StatusFilter {
 public:
  enum class Verdict {
    kNew,
    kDuplicate,  // Of an epoch whose sequence was already reached.
    kBehind,     // Less progress than shown, or anything after the end.
  };

  // Says what `status` is, and remembers it when it is new.
  Verdict Judge(const v1::RunStatus& status);

 private:
  // Epochs seen lately with the highest sequence of each, newest last. A watch that swings
  // between two replicas sees their epochs in turn.
  static constexpr size_t kRememberedEpochs = 8;
  std::deque<std::pair<uint64_t, uint64_t>> epochs_;

  bool terminal_ = false;
  std::optional<int64_t> utterances_done_;
  std::optional<double> percent_;
};

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_STATUS_FILTER_H_
