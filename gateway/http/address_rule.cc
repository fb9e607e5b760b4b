#include "gateway/http/address_rule.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace runcast::http {

AddressRule::AddressRule(std::vector<base::IpRange> allowed) : allowed_(std::move(allowed)) {}

bool AddressRule::Allows(const sockaddr& address) const {
  const std::optional<base::IpAddress> ip = base::IpAddress::Parse(AddressText(address));
  return ip.has_value() && (ip->is_public() || std::any_of(allowed_.begin(), allowed_.end(),
                                                           [&](const base::IpRange& range) {
                                                             return range.Contains(*ip);
                                                           }));
}

std::string AddressText(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (address.sa_family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  } else if (address.sa_family == AF_INET6) {
    bytes = &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  } else {
    return "";
  }
  return ::inet_ntop(address.sa_family, bytes, text.data(), text.size()) == nullptr ? ""
                                                                                    : text.data();
}

}  // namespace runcast::http
