// Where Redis is.

#ifndef RUNCAST_GATEWAY_COORDINATION_REDIS_ADDRESS_H_
#define RUNCAST_GATEWAY_COORDINATION_REDIS_ADDRESS_H_

#include <string>

namespace runcast::coordination {

// A Unix socket's path, or host and port.
struct RedisAddress {
  std::string socket_path;
  std::string host;  // A name, or an address in digits.
  int port = 0;
};

}  // namespace runcast::coordination

#endif  // RUNCAST_GATEWAY_COORDINATION_REDIS_ADDRESS_H_
