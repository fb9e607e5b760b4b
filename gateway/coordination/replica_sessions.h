// The other replicas as the engine tells of them at each renewal of our session.
//
// Pure.

#ifndef RUNCAST_GATEWAY_COORDINATION_REPLICA_SESSIONS_H_
#define RUNCAST_GATEWAY_COORDINATION_REPLICA_SESSIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "gateway/base/clock.h"
#include "gateway/runs/coordination.h"

namespace runcast::coordination {

// What a session says of itself; one that is over says kOver.
inline constexpr absl::string_view kReaches = "1";
inline constexpr absl::string_view kReachesNot = "0";
inline constexpr absl::string_view kOver = "-";

class ReplicaSessions {
 public:
  struct Session {
    std::string name;  // Of the replica, a hyphen and something random.
    int64_t renewed_ms = 0;
    std::string says;
  };
  struct News {
    runs::ReplicaCounts counts;
    // Those of this very replica that ended without a word before this process began: nobody polls
    // under them any more, so they are no lost replicas and the engine may forget them.
    std::vector<std::string> predecessors;
  };

  explicit ReplicaSessions(std::string own) : own_(std::move(own)) {}

  // All sessions, ours included, as of `now_ms` of the engine, heard of at `now`.
  News OnRenewed(const std::vector<Session>& all, int64_t now_ms, base::MonotonicTime now);
  // Those that have ended meanwhile, each once.
  std::vector<std::string> TakeLost(base::MonotonicTime now);
  // When to look for that again.
  base::MonotonicTime NextEnd() const;
  // How many others live.
  size_t size() const { return ends_.size(); }

 private:
  const std::string own_;
  bool is_first_ = true;
  // When the sessions of other live replicas end, unless they are renewed.
  absl::flat_hash_map<std::string, base::MonotonicTime> ends_;
  // Sessions of our name that were there before us, and their last renewal. One that is renewed
  // since is another process's, on the same machine.
  absl::flat_hash_map<std::string, int64_t> before_us_;
};

}  // namespace runcast::coordination

#endif  // RUNCAST_GATEWAY_COORDINATION_REPLICA_SESSIONS_H_
