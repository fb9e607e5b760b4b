// Whether an address is one of this machine's own.

#ifndef RUNCAST_GATEWAY_BASE_OWN_ADDRESS_H_
#define RUNCAST_GATEWAY_BASE_OWN_ADDRESS_H_

#include "gateway/base/ip_range.h"

namespace runcast::base {

// Whether the kernel, asked now, would go to `address` from that very address, as it does to its
// own. Nothing is sent. So a connection that came from there was made on this machine: a packet
// from elsewhere with such a source is dropped (IPv4: "martian source"), and the answer to a forged
// one would not leave the machine, so that no handshake ends. False when in doubt, which is so
// without a descriptor, and for a second address of a network, from which the kernel does not
// connect of its own accord.
//
// Takes some microseconds. Threads: any.
bool IsOwnAddress(const IpAddress& address);

}  // namespace runcast::base

#endif  // RUNCAST_GATEWAY_BASE_OWN_ADDRESS_H_
