#include "gateway/admin/admin_socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace runcast::admin {
namespace {

constexpr int kBacklog = 128;

uint16_t BoundPort(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace

absl::StatusOr<ListeningSocket> ListenOn(const std::string& host, uint16_t port) {
  const auto failure = [&](absl::string_view what, absl::string_view reason) {
    return absl::UnavailableError(absl::StrCat(
        "admin port ", host.find(':') == std::string::npos ? host : absl::StrCat("[", host, "]"),
        ":", port, ": cannot ", what, ": ", reason));
  };

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), absl::StrCat(port).c_str(), &hints, &found);
  if (error != 0) return failure("resolve", ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> address(found, &::freeaddrinfo);

  const int fd =
      ::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return failure("open a socket", ::strerror(errno));
  // A restart must not wait for connections of the process before to time out.
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  // `[::]` means every address of the machine, IPv4 too, as it does for the gRPC port.
  const int off = 0;
  if (address->ai_family == AF_INET6) {
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  if (::bind(fd, address->ai_addr, address->ai_addrlen) != 0 || ::listen(fd, kBacklog) != 0) {
    const absl::Status status = failure("listen", ::strerror(errno));
    ::close(fd);
    return status;
  }
  return ListeningSocket{fd, BoundPort(fd)};
}

}  // namespace runcast::admin
