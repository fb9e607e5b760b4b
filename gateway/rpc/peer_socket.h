// The socket of a connection that gRPC serves, found by the name gRPC has for its peer.

#ifndef RUNCAST_GATEWAY_RPC_PEER_SOCKET_H_
#define RUNCAST_GATEWAY_RPC_PEER_SOCKET_H_

#include <sys/socket.h>

#include <string>

#include "absl/strings/string_view.h"

namespace runcast::rpc {

// As gRPC says it (RawStream::peer): `ipv4:10.0.0.7:41234`, `ipv6:%5B2001:db8::7%5D:41234`;
// IPv4 in the clothes of IPv6 counts as IPv4. Empty for anything else.
std::string PeerName(const sockaddr_storage& address);

// The part before the port.
absl::string_view PeerAddressPart(absl::string_view peer);

// Shuts the connection of `descriptor` down, both ways, if `peer` is at its other end, so that gRPC
// finds it ended and closes it; what came in and was not read yet is lost. False: it is not.
//
// Threads: any. gRPC may close the descriptor, and its number may come back for another connection,
// at any moment: what is shut down is a duplicate that was looked at after it was made.
bool ShutDownPeer(int descriptor, absl::string_view peer);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_PEER_SOCKET_H_
