// How many files and sockets the process may have open.

#ifndef RUNCAST_GATEWAY_APP_DESCRIPTOR_LIMIT_H_
#define RUNCAST_GATEWAY_APP_DESCRIPTOR_LIMIT_H_

#include <cstdint>

namespace runcast::app {

// Raises the soft limit of open descriptors to the hard one: each connection takes one, and the
// usual soft limit of 1024 is there for programs that use select(). Returns the limit in force.
uint64_t RaiseDescriptorLimit();

}  // namespace runcast::app

#endif  // RUNCAST_GATEWAY_APP_DESCRIPTOR_LIMIT_H_
