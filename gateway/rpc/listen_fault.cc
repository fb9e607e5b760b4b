#include "gateway/rpc/listen_fault.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace runcast::rpc {
namespace {

// The error number of listening on one resolved address; 0: none.
int TryToListen(const addrinfo& address) {
  const int socket =
      ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, address.ai_protocol);
  if (socket < 0) return errno;
  // As gRPC does: connections of a process before this one are no obstacle.
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  int error = 0;
  if (::bind(socket, address.ai_addr, address.ai_addrlen) != 0 || ::listen(socket, 1) != 0) {
    error = errno;
  }
  ::close(socket);
  return error;
}

}  // namespace

bool NamesPort(const std::string& address) {
  const size_t colon = address.rfind(':');
  const size_t bracket = address.rfind(']');
  if (colon == std::string::npos || colon + 1 == address.size()) return false;
  return bracket == std::string::npos || bracket < colon;
}

std::string FindListenFault(const std::string& address) {
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int resolved = ::getaddrinfo(host.empty() ? nullptr : host.c_str(),
                                     address.c_str() + colon + 1, &hints, &found);
  if (resolved != 0) return ::gai_strerror(resolved);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (const int error = TryToListen(*each)) return std::strerror(error);
  }
  return "";
}

}  // namespace runcast::rpc
