#include "gateway/base/listening_sockets.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace runcast::base {
namespace {

uint16_t BoundPort(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

void SetPort(sockaddr* address, uint16_t port) {
  if (address->sa_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(address)->sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in*>(address)->sin_port = htons(port);
  }
}

// The descriptor, or -1 with errno.
int Listen(const addrinfo& address, int backlog) {
  const int fd =
      ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return -1;
  // A restart must not wait for connections of the process before to time out.
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const int off = 0;
  if (address.ai_family == AF_INET6) {
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  if (::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, backlog) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

}  // namespace

absl::StatusOr<ListeningSockets> ListeningSockets::Open(const std::string& host, uint16_t port,
                                                        int backlog) {
  const auto failure = [&](absl::string_view what, absl::string_view reason) {
    return absl::UnavailableError(
        absl::StrCat("cannot ", what, " ",
                     host.find(':') == std::string::npos ? host : absl::StrCat("[", host, "]"), ":",
                     port, ": ", reason));
  };

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), absl::StrCat(port).c_str(), &hints, &found);
  if (error != 0) return failure("resolve", ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);

  ListeningSockets sockets;
  int last_error = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    // Port 0: the first address chooses for all.
    SetPort(address->ai_addr, sockets.fds_.empty() ? port : sockets.port_);
    const int fd = Listen(*address, backlog);
    if (fd >= 0) {
      sockets.fds_.push_back(fd);
      sockets.port_ = BoundPort(fd);
      continue;
    }
    last_error = errno;
    // A name may stand for addresses of a family that the machine does not have.
    if (errno != EADDRNOTAVAIL && errno != EAFNOSUPPORT) break;
    last_error = sockets.fds_.empty() ? last_error : 0;
  }
  if (last_error != 0) return failure("listen on", ::strerror(last_error));
  return sockets;
}

ListeningSockets::ListeningSockets(ListeningSockets&& other) noexcept
    : fds_(std::exchange(other.fds_, {})), port_(other.port_) {}

ListeningSockets& ListeningSockets::operator=(ListeningSockets&& other) noexcept {
  std::swap(fds_, other.fds_);
  std::swap(port_, other.port_);
  return *this;
}

ListeningSockets::~ListeningSockets() {
  for (const int fd : fds_) ::close(fd);
}

}  // namespace runcast::base
