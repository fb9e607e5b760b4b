// The control interface: HTTP and JSON on a port of its own, for tests. Every call is documented in
// README.md, "Control calls".
//
// Threads: the event loop only. Lifetime: platform, server and base outlive it.
// Errors: 400 {"error": reason} for a wrong body, 404 for what does not exist.

#ifndef RUNCAST_TESTS_SIMULATOR_CONTROL_API_H_
#define RUNCAST_TESTS_SIMULATOR_CONTROL_API_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulator/http_answer.h"
#include "tests/simulator/http_request.h"
#include "tests/simulator/http_server.h"
#include "tests/simulator/platform.h"

namespace runcast::simulator {

class ControlApi {
 public:
  // `quit` ends the program after the answer.
  ControlApi(Platform& platform, HttpServer& api_server, std::function<void()> quit)
      : platform_(platform), api_server_(api_server), quit_(std::move(quit)) {}

  WirePlan Handle(const HttpRequest& request);

 private:
  // One call: the first part of the path was used to choose the function. Each returns the body;
  // null means 404. `rest` is the second part of the path, decoded.
  struct Ask {
    std::string_view method;
    std::string rest;
    std::string_view query;
    Json body;
  };
  Json Apps(const Ask& ask);
  Json Suites(const Ask& ask);
  Json Runs(const Ask& ask);
  Json Faults(const Ask& ask);
  Json ChangeSettings(const Ask& ask);
  Json Defaults(const Ask& ask);
  Json Connections(const Ask& ask);
  Json Listener(const Ask& ask);
  Json Tls(const Ask& ask);
  Json Requests(const Ask& ask) const;
  Json Stats(const Ask& ask);
  Json Reset(const Ask& ask);
  Json ShowRun(const RunScript& run) const;

  Platform& platform_;
  HttpServer& api_server_;
  const std::function<void()> quit_;
};

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_CONTROL_API_H_
