#include "gateway/base/own_address.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace runcast::base {
namespace {

constexpr size_t kV4Begins = 12;

// What the kernel chooses as source for `target`. Connecting a UDP socket only looks up the route.
bool ChooseSource(const sockaddr* target, socklen_t size, sockaddr* source) {
  const int fd = ::socket(target->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool chosen = ::connect(fd, target, size) == 0 && ::getsockname(fd, source, &size) == 0;
  ::close(fd);
  return chosen;
}

}  // namespace

// Not by binding a socket to it: with net.ipv4.ip_nonlocal_bind, which machines with a floating
// address have, that works for every address.
bool IsOwnAddress(const IpAddress& address) {
  constexpr in_port_t kAnyPort = 9;  // 0 means "no target".
  const std::array<uint8_t, 16>& bytes = address.bytes();
  if (address.is_v4()) {
    sockaddr_in target{};
    target.sin_family = AF_INET;
    target.sin_port = htons(kAnyPort);
    std::copy(bytes.begin() + kV4Begins, bytes.end(),
              reinterpret_cast<uint8_t*>(&target.sin_addr.s_addr));
    sockaddr_in source{};
    return target.sin_addr.s_addr != INADDR_ANY &&
           ChooseSource(reinterpret_cast<const sockaddr*>(&target), sizeof(target),
                        reinterpret_cast<sockaddr*>(&source)) &&
           source.sin_addr.s_addr == target.sin_addr.s_addr;
  }
  sockaddr_in6 target{};
  target.sin6_family = AF_INET6;
  target.sin6_port = htons(kAnyPort);
  std::copy(bytes.begin(), bytes.end(), target.sin6_addr.s6_addr);
  sockaddr_in6 source{};
  return !IN6_IS_ADDR_UNSPECIFIED(&target.sin6_addr) &&
         ChooseSource(reinterpret_cast<const sockaddr*>(&target), sizeof(target),
                      reinterpret_cast<sockaddr*>(&source)) &&
         IN6_ARE_ADDR_EQUAL(&source.sin6_addr, &target.sin6_addr);
}

}  // namespace runcast::base
