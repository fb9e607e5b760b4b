// The last requests, whole but for token texts, for tests that judge a client by what it sent.
//
// Threads: the event loop only.
// Memory: a ring of `log_capacity` entries, about 1 kB each; nothing at all when switched off.

#ifndef RUNCAST_TESTS_SIMULATOR_REQUEST_LOG_H_
#define RUNCAST_TESTS_SIMULATOR_REQUEST_LOG_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "tests/simulator/http_request.h"
#include "tests/simulator/json.h"
#include "tests/simulator/route.h"
#include "tests/simulator/settings.h"
#include "tests/simulator/token_check.h"

namespace runcast::simulator {

struct LoggedRequest {
  uint64_t seq = 0;  // from 1
  int64_t received_nanos = 0;
  int64_t received_wall_millis = 0;
  int64_t answered_nanos = 0;  // last byte handed to the socket; 0 = not (yet)
  uint64_t connection = 0;
  uint64_t request_of_connection = 0;
  std::string method;
  std::string target;
  std::string headers;  // "name: value\n", without `auth`
  size_t body_size = 0;
  Call call = Call::kUnknown;
  std::string stream, suite, run;
  std::shared_ptr<const SeenToken> token;
  bool replay = false;
  bool violation = false;
  int status = 0;     // 0 = no answer was sent
  std::string state;  // status word in the answer of a good status call
  double percentage = -1;
  int64_t ran = -1;
  std::string fault;  // kind
};

class RequestLog {
 public:
  struct Filter {
    std::string run;
    std::string stream;
    std::string call;
    int status = -1;
    uint64_t since = 0;  // entries with a higher number
    size_t limit = 1'000;
    bool newest = false;  // the last `limit` instead of the first
  };

  explicit RequestLog(const Settings& settings) : settings_(settings) {}

  // Null when logging is off. Valid until the next Add.
  LoggedRequest* Add(const HttpRequest& request, const Route& route);
  void MarkAnswered(uint64_t seq, int64_t now_nanos);

  // {"requests": […], "next_since": …, "dropped": …}
  Json ToJson(const Filter& filter) const;
  void Clear();

 private:
  const Settings& settings_;
  std::deque<LoggedRequest> entries_;
  uint64_t last_seq_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_REQUEST_LOG_H_
