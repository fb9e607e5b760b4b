// Which version this is.

#ifndef RUNCAST_VERSION_H_
#define RUNCAST_VERSION_H_

#include <string>

namespace runcast::client {

// `0.1.0 (gRPC 1.51.1, protobuf 3.21.12)`: of this library and of those it runs with.
std::string VersionText();

}  // namespace runcast::client

#endif  // RUNCAST_VERSION_H_
