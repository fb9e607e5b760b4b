// Where a request comes from, without gRPC's words around it.

#ifndef RUNCAST_GATEWAY_ACCESS_PEER_ADDRESS_H_
#define RUNCAST_GATEWAY_ACCESS_PEER_ADDRESS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace runcast::access {

// The address in gRPC's name of a peer, without its port: `10.0.0.7` of `ipv4:10.0.0.7:5432`, `::1`
// of `ipv6:[::1]:5432` or `ipv6:%5B::1%5D:5432`. A peer of another kind (`unix:…`) is given back as
// it is.
std::string PeerAddress(absl::string_view peer);

}  // namespace runcast::access

#endif  // RUNCAST_GATEWAY_ACCESS_PEER_ADDRESS_H_
