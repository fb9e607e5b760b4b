#include "gateway/rpc/connection_table.h"

#include <cstddef>

namespace runcast::rpc {

void ConnectionTable::Add(const std::string& peer, int descriptor) {
  const auto index = static_cast<size_t>(descriptor);
  std::lock_guard lock(mutex_);
  if (peers_.size() <= index) peers_.resize(index + 1);
  const auto before = descriptors_.find(peers_[index]);
  // The same peer may have come back on another descriptor meanwhile.
  if (before != descriptors_.end() && before->second == descriptor) descriptors_.erase(before);
  peers_[index] = peer;
  descriptors_[peer] = descriptor;
}

int ConnectionTable::Find(absl::string_view peer) const {
  std::lock_guard lock(mutex_);
  const auto found = descriptors_.find(peer);
  return found == descriptors_.end() ? kUnknown : found->second;
}

std::vector<int> ConnectionTable::FindAll(absl::string_view peer) const {
  std::vector<int> descriptors;
  if (peer.empty()) return descriptors;
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < peers_.size(); ++i) {
    if (peers_[i] == peer) descriptors.push_back(static_cast<int>(i));
  }
  return descriptors;
}

}  // namespace runcast::rpc
