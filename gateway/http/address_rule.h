// Which addresses may be connected to, whatever name they were found by.

#ifndef RUNCAST_GATEWAY_HTTP_ADDRESS_RULE_H_
#define RUNCAST_GATEWAY_HTTP_ADDRESS_RULE_H_

#include <sys/socket.h>

#include <string>
#include <vector>

#include "gateway/base/ip_range.h"

namespace runcast::http {

// Public addresses, and others only where a range allows them. It is asked for each connection,
// about the address that the kernel will get: a name server that gives another answer the second
// time gains nothing.
//
// Pure. Threads: any.
class AddressRule {
 public:
  explicit AddressRule(std::vector<base::IpRange> allowed);

  // Not of a family other than IPv4 and IPv6.
  bool Allows(const sockaddr& address) const;

 private:
  const std::vector<base::IpRange> allowed_;
};

// Such as `10.0.0.1`, without port; empty for other families.
std::string AddressText(const sockaddr& address);

}  // namespace runcast::http

#endif  // RUNCAST_GATEWAY_HTTP_ADDRESS_RULE_H_
