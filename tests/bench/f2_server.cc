// F2: the floor under F1. A bare program that writes one prepared HTTP/2 DATA frame to each of its
// sockets, with one `sendmsg` each. It knows no HTTP/2: what clients send is dropped, and each
// stream they may have opened is answered by prepared bytes.
//
// Fair to F1: frames of the same size to the same load program, on one thread.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "tests/bench/descriptor_limit.h"
#include "tests/bench/load_clock.h"
#include "tests/bench/time_mark.h"

namespace {

using runcast::bench::NowNanos;

// Length, type, flags, stream, then what is in it.
std::string Frame(char type, char flags, uint32_t stream, const std::string& payload) {
  const uint32_t length = htonl(static_cast<uint32_t>(payload.size()) << 8);
  std::string frame(reinterpret_cast<const char*>(&length), 3);
  frame += {type, flags};
  stream = htonl(stream);
  frame.append(reinterpret_cast<const char*>(&stream), 4);
  return frame + payload;
}

// A gRPC message of `size` bytes with the time mark of the load program.
std::string Message(size_t size, int64_t published) {
  const uint32_t length = htonl(static_cast<uint32_t>(size));
  std::string message(1, '\0');
  message.append(reinterpret_cast<const char*>(&length), 4);
  return message + runcast::bench::MarkedText(size, published);
}

void Send(int fd, std::string& bytes) {
  iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  // Readers keep up: a buffer that is full would be a fault of the measurement.
  if (sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EAGAIN) {
    std::fprintf(stderr, "f2-server: a reader does not keep up\n");
  }
}

int Listen(uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd, 4096) != 0)
    return -1;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return fd;
}

}  // namespace

// f2-server STREAMS BYTES: prints its port; each line of standard input is the number of updates a
// second from then on; the end of the input ends it.
int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto streams = static_cast<uint32_t>(std::stoul(argv[1]));
  const size_t size = std::stoul(argv[2]);
  runcast::bench::RaiseDescriptorLimit();

  uint16_t port = 0;
  const int listener = Listen(port);
  const int epoll = epoll_create1(0);
  const auto watch = [epoll](int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  };
  watch(listener);
  watch(STDIN_FILENO);
  std::printf("%d\n", port);
  std::fflush(stdout);

  // SETTINGS and, for each stream, HEADERS with `:status: 200` (one byte of HPACK).
  std::string greeting = Frame(4, 0, 0, "");
  for (uint32_t i = 0; i < streams; ++i) greeting += Frame(1, 4, 2 * i + 1, "\x88");
  std::vector<int> clients;
  std::vector<bool> greeted;
  int64_t interval = 0;
  int64_t next = INT64_MAX;
  while (true) {
    epoll_event events[256];
    const int64_t wait = next == INT64_MAX ? 100'000'000 : std::max<int64_t>(0, next - NowNanos());
    const timespec limit{.tv_sec = wait / 1'000'000'000, .tv_nsec = wait % 1'000'000'000};
    const int count = epoll_pwait2(epoll, events, 256, &limit, nullptr);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      char bytes[16384];
      if (fd == listener) {
        const int client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        if (client < 0) continue;
        const int yes = 1;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
        watch(client);
        continue;
      }
      const ssize_t got = read(fd, bytes, sizeof(bytes) - 1);
      if (fd == STDIN_FILENO) {
        if (got <= 0) return 0;
        bytes[got] = '\0';
        const double rate = std::stod(bytes);
        interval = rate > 0 ? static_cast<int64_t>(1e9 / rate) : 0;
        next = rate > 0 ? NowNanos() + interval : INT64_MAX;
        continue;
      }
      if (got <= 0) {
        close(fd);
        std::erase(clients, fd);
        if (static_cast<size_t>(fd) < greeted.size()) greeted[static_cast<size_t>(fd)] = false;
        continue;
      }
      if (greeted.size() <= static_cast<size_t>(fd)) greeted.resize(static_cast<size_t>(fd) + 1);
      if (greeted[static_cast<size_t>(fd)]) continue;
      greeted[static_cast<size_t>(fd)] = true;
      Send(fd, greeting);
      clients.push_back(fd);
    }
    if (NowNanos() < next) continue;
    for (uint32_t i = 0; i < streams; ++i) {
      std::string frame = Frame(0, 0, 2 * i + 1, Message(size, next));
      for (const int client : clients) Send(client, frame);
    }
    next += interval;
  }
}
