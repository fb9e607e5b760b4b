// Whether a gateway's address is written as gRPC wants it.

#ifndef RUNCAST_CLIENT_SRC_TARGET_CHECK_H_
#define RUNCAST_CLIENT_SRC_TARGET_CHECK_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace runcast::client {

// INVALID_ARGUMENT that says how to write it. Catches what gRPC would only report as a name that
// cannot be found, again and again: a URL, a port that is none, an IPv6 address without brackets.
// Names with a scheme that gRPC knows, such as `dns:///gateway:8443`, are left to gRPC. Pure.
absl::Status CheckTarget(absl::string_view target);

// Whether a target that CheckTarget takes is HOST:PORT, which others than gRPC can connect to as
// well: no scheme, no host alone. Pure.
bool IsHostAndPort(absl::string_view target);

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_TARGET_CHECK_H_
