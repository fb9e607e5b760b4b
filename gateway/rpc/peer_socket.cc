#include "gateway/rpc/peer_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cstring>

#include "absl/strings/str_cat.h"

namespace runcast::rpc {
namespace {

uint16_t PortOf(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  }
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return 0;
}

bool IsConnectionOf(int descriptor, absl::string_view peer) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  return ::getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
         PeerName(address) == peer;
}

// What has come in already would still be read: megabytes, of calls that are worth a hundred bytes.
void DropReceived(int connection) {
  constexpr size_t kAtOnce = 1 << 20;
  while (::recv(connection, nullptr, kAtOnce, MSG_TRUNC | MSG_DONTWAIT) > 0) {
  }
}

}  // namespace

std::string PeerName(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &ipv4.sin_addr, text, sizeof(text));
    return absl::StrCat("ipv4:", text, ":", PortOf(address));
  }
  if (address.ss_family != AF_INET6) return "";
  const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address);
  if (IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr)) {
    ::inet_ntop(AF_INET, &ipv6.sin6_addr.s6_addr[12], text, sizeof(text));
    return absl::StrCat("ipv4:", text, ":", PortOf(address));
  }
  ::inet_ntop(AF_INET6, &ipv6.sin6_addr, text, sizeof(text));
  return absl::StrCat("ipv6:%5B", text, "%5D:", PortOf(address));
}

absl::string_view PeerAddressPart(absl::string_view peer) {
  return peer.substr(0, peer.rfind(':'));
}

bool ShutDownPeer(int descriptor, absl::string_view peer) {
  const int own = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return false;
  const bool is_peer = IsConnectionOf(own, peer);
  if (is_peer) {
    ::shutdown(own, SHUT_RDWR);
    DropReceived(own);
  }
  ::close(own);
  return is_peer;
}

}  // namespace runcast::rpc
