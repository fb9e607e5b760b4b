// gRPC's words about a connection that failed, without what says nothing.

#ifndef RUNCAST_CLIENT_SRC_CONNECTION_TEXT_H_
#define RUNCAST_CLIENT_SRC_CONNECTION_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace runcast::client {

// `failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Failed to connect
// to remote host: Connection refused` becomes `connect to 127.0.0.1:1: Connection refused`. Any
// other text stays as it is. Forms: seen with gRPC 1.51. Pure.
std::string ConnectionText(absl::string_view text);

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_CONNECTION_TEXT_H_
