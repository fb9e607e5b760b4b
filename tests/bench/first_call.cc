#include "tests/bench/first_call.h"

#include <poll.h>
#include <time.h>

#include "tests/bench/load_clock.h"
#include "tests/bench/load_http2.h"

namespace runcast::bench {
namespace {

class FirstAnswer final : public Http2Connection::Owner {
 public:
  void OnEnd(uint32_t, const CallEnd& end) override {
    if (end.good()) answered_at = NowNanos();
  }
  int64_t answered_at = 0;
};

}  // namespace

int64_t TimeOfFirstAnswer(uint16_t port, const std::string& path, const std::string& message,
                          double seconds) {
  const std::string framed = Framed(message);
  const int64_t limit = NowNanos() + Nanos(seconds);
  while (NowNanos() < limit) {
    FirstAnswer answer;
    Http2Connection connection({.port = port}, answer, /*may_fail=*/true);
    if (connection.fd() < 0) {
      const timespec pause{.tv_sec = 0, .tv_nsec = 500'000};
      nanosleep(&pause, nullptr);
      continue;
    }
    connection.StartCall(0, {.path = path, .framed = framed});
    while (answer.answered_at == 0 && NowNanos() < limit) {
      if (!connection.Flush()) break;
      pollfd ready{.fd = connection.fd(), .events = POLLIN, .revents = 0};
      if (poll(&ready, 1, 10) > 0 && !connection.OnReadable()) break;
    }
    if (answer.answered_at != 0) return answer.answered_at;
  }
  return 0;
}

}  // namespace runcast::bench
