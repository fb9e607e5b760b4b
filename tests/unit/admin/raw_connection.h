// A TCP connection to this machine that says exactly what a test wants.

#ifndef RUNCAST_TESTS_UNIT_ADMIN_RAW_CONNECTION_H_
#define RUNCAST_TESTS_UNIT_ADMIN_RAW_CONNECTION_H_

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace runcast::admin {

class RawConnection {
 public:
  RawConnection() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  explicit RawConnection(uint16_t port) : RawConnection() { Connect(port); }
  ~RawConnection() { ::close(fd_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  bool Connect(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }

  void Send(const std::string& text) { (void)::send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }

  // What comes until `end` is in it, the peer closes, or ten seconds have passed.
  std::string ReadUntil(const std::string& end) {
    std::string text;
    size_t begin = 0;  // Where `end` may be, of which a part may have come before.
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (text.find(end, begin) == std::string::npos &&
           std::chrono::steady_clock::now() < give_up) {
      pollfd readable{fd_, POLLIN, 0};
      if (::poll(&readable, 1, 100) == 0) continue;
      char buffer[4096];
      const ssize_t size = ::recv(fd_, buffer, sizeof(buffer), 0);
      if (size <= 0) {
        closed_ = true;
        break;
      }
      begin = text.size() - std::min(text.size(), end.size());
      text.append(buffer, static_cast<size_t>(size));
    }
    return text;
  }
  // Everything, up to the end of the connection.
  std::string ReadAll() { return ReadUntil("\r\n\r\nnever sent\r\n\r\n"); }
  bool closed() const { return closed_; }

 private:
  const int fd_;
  bool closed_ = false;
};

}  // namespace runcast::admin

#endif  // RUNCAST_TESTS_UNIT_ADMIN_RAW_CONNECTION_H_
