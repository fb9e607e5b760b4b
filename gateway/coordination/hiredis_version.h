// Which hiredis this program was built with.

#ifndef RUNCAST_GATEWAY_COORDINATION_HIREDIS_VERSION_H_
#define RUNCAST_GATEWAY_COORDINATION_HIREDIS_VERSION_H_

#include <string>

namespace runcast::coordination {

// Such as `0.14.1`; the library does not tell its own. Threads: any.
std::string HiredisVersion();

}  // namespace runcast::coordination

#endif  // RUNCAST_GATEWAY_COORDINATION_HIREDIS_VERSION_H_
