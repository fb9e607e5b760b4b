#include "gateway/rpc/reset_count.h"

namespace runcast::rpc {
namespace {

// Who spreads resets over more connections than this in one second pays for connecting.
constexpr size_t kMostPeers = 1000;

}  // namespace

bool ResetCount::IsOneTooMany(absl::string_view peer, base::MonotonicTime now) {
  if (now - began_ >= absl::Seconds(1)) {
    began_ = now;
    counts_.clear();
  }
  const auto found = counts_.find(peer);
  if (found != counts_.end()) return ++found->second == most_ + 1;
  if (counts_.size() == kMostPeers) return false;
  counts_.emplace(std::string(peer), 1);
  return most_ < 1;
}

}  // namespace runcast::rpc
