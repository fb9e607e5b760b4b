// Which descriptor the connection of a peer has.

#ifndef RUNCAST_GATEWAY_RPC_CONNECTION_TABLE_H_
#define RUNCAST_GATEWAY_RPC_CONNECTION_TABLE_H_

#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace runcast::rpc {

// gRPC closes connections without a word, so an entry stays until its descriptor comes back for
// another one. What is found is a hint: the descriptor may be closed, or somebody else's by now.
//
// Threads: any.
class ConnectionTable {
 public:
  static constexpr int kUnknown = -1;

  // `peer` as PeerName has it.
  void Add(const std::string& peer, int descriptor);
  // The newest one. kUnknown: never seen, or replaced.
  int Find(absl::string_view peer) const;
  // All of them: who calls two of our addresses may do so from one port. Looks at each descriptor.
  std::vector<int> FindAll(absl::string_view peer) const;

 private:
  mutable std::mutex mutex_;
  absl::flat_hash_map<std::string, int> descriptors_;  // Guarded by mutex_.
  std::vector<std::string> peers_;                     // By descriptor. Guarded by mutex_.
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_CONNECTION_TABLE_H_
