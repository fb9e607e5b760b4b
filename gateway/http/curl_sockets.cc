#include "gateway/http/curl_sockets.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <utility>

namespace runcast::http {

CurlSockets::CurlSockets(base::EventLoop& loop, OnReady on_ready)
    : loop_(loop), on_ready_(std::move(on_ready)) {}

CurlSockets::~CurlSockets() = default;

CurlSockets::Socket& CurlSockets::At(curl_socket_t fd) {
  const size_t index = static_cast<size_t>(fd);
  if (index >= sockets_.size()) sockets_.resize(index + 1);
  return sockets_[index];
}

void CurlSockets::SetWanted(curl_socket_t fd, int what) {
  Socket& socket = At(fd);
  socket.read_wanted = (what == CURL_POLL_IN || what == CURL_POLL_INOUT);
  socket.write_wanted = (what == CURL_POLL_OUT || what == CURL_POLL_INOUT);
  if (what == CURL_POLL_REMOVE && !socket.is_connection) {
    // Curl's own socket, for the end of a name resolution: its end will not be told.
    socket = Socket();
    return;
  }
  if (socket.watch == nullptr) {
    if (what == CURL_POLL_REMOVE) return;
    socket.watch = loop_.WatchFd(
        fd, [this, fd](bool readable, bool writable) { OnEvent(fd, readable, writable); });
  }
  socket.watch->SetInterest(socket.read_wanted || !socket.write_wanted, socket.write_wanted);
}

void CurlSockets::OnEvent(curl_socket_t fd, bool readable, bool writable) {
  const Socket& socket = At(fd);
  const int events = (readable && socket.read_wanted ? CURL_CSELECT_IN : 0) |
                     (writable && socket.write_wanted ? CURL_CSELECT_OUT : 0);
  if (events == 0) {
    socket.watch->SetInterest(socket.read_wanted, socket.write_wanted);
    return;
  }
  on_ready_(fd, events);
}

curl_socket_t CurlSockets::Open(const curl_sockaddr& address) {
  const int fd = socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  At(fd).is_connection = true;
  return fd;
}

int CurlSockets::Close(curl_socket_t fd) {
  // The watch first: a descriptor that is closed may be another one the next moment.
  At(fd) = Socket();
  return close(fd);
}

}  // namespace runcast::http
