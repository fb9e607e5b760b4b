// What goes back on a connection, as steps on the wire: a good answer is one write; a fault is
// writes, waits, a reset or an early close in any order. Pure: the connection carries the steps
// out.

#ifndef RUNCAST_TESTS_SIMULATOR_HTTP_ANSWER_H_
#define RUNCAST_TESTS_SIMULATOR_HTTP_ANSWER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runcast::simulator {

struct WireStep {
  enum class Kind {
    kWrite,        // hand `bytes` to the socket
    kWait,         // for `millis`
    kWaitForever,  // until the peer goes away
    kReset,        // once written bytes are out: TCP RST
    kClose,        // once written bytes are out: orderly close
  };
  Kind kind = Kind::kWrite;
  std::string bytes;
  int64_t millis = 0;
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// A whole answer before it is cut into steps.
struct HttpAnswer {
  int status = 200;
  HttpHeaders headers;  // without Date, Content-Length and Connection
  std::string body;
  std::string content_type = "application/json; charset=utf-8";
};

struct WirePlan {
  std::vector<WireStep> steps;
  bool keep_alive = true;
  // Called when the last written byte of the answer was handed to the socket; may be empty.
  std::function<void()> sent;
};

// Status line and headers with the empty line. `content_length` is what the header claims.
std::string SerializeHead(const HttpAnswer& answer, std::string_view date, size_t content_length,
                          bool keep_alive);

// Head and body in one write.
WirePlan WholeAnswer(const HttpAnswer& answer, std::string_view date, bool keep_alive);

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_HTTP_ANSWER_H_
