// Why a port could not be opened. gRPC only says that it could not.

#ifndef RUNCAST_GATEWAY_RPC_LISTEN_FAULT_H_
#define RUNCAST_GATEWAY_RPC_LISTEN_FAULT_H_

#include <string>

namespace runcast::rpc {

// Whether `address` ends in a port; gRPC would take 443 where there is none.
bool NamesPort(const std::string& address);

// Tries to listen on `address` (`127.0.0.1:8443`, `[::]:8443`) itself and says what is in the
// way, such as `Address already in use`. Empty: nothing is. May ask a name server.
std::string FindListenFault(const std::string& address);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_LISTEN_FAULT_H_
