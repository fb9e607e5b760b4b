// How many calls each connection opens only to cancel them at once (CVE-2023-44487). gRPC 1.51 has
// no limit for that: a stream that is reset does not count as open any more.

#ifndef RUNCAST_GATEWAY_RPC_RESET_COUNT_H_
#define RUNCAST_GATEWAY_RPC_RESET_COUNT_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "gateway/base/clock.h"

namespace runcast::rpc {

// Pure. Counts in steps of one second, and only those who reset at all in it.
class ResetCount {
 public:
  explicit ResetCount(int most_per_second) : most_(most_per_second) {}

  // One more by `peer`. True: it was the first one too many of this second.
  bool IsOneTooMany(absl::string_view peer, base::MonotonicTime now);

 private:
  const int most_;
  base::MonotonicTime began_ = base::MonotonicTime::InfinitePast();
  absl::flat_hash_map<std::string, int> counts_;
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_RESET_COUNT_H_
