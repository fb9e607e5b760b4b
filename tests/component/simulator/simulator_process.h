// runcast-simulator as a child process, on ports that the system chose.
//
// Lifetime: the destructor sends SIGTERM, waits up to five seconds, then SIGKILL.
// Errors: the constructor throws std::runtime_error when the program says nothing within 10 s.

#ifndef RUNCAST_TESTS_COMPONENT_SIMULATOR_SIMULATOR_PROCESS_H_
#define RUNCAST_TESTS_COMPONENT_SIMULATOR_SIMULATOR_PROCESS_H_

#include <sys/types.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/component/simulator/http_exchange.h"

namespace runcast::simulator_test {

class SimulatorProcess {
 public:
  explicit SimulatorProcess(std::vector<std::string> flags = {});
  ~SimulatorProcess();
  SimulatorProcess(const SimulatorProcess&) = delete;
  SimulatorProcess& operator=(const SimulatorProcess&) = delete;

  const std::string& api() const { return api_; }
  const std::string& control() const { return control_; }
  pid_t pid() const { return pid_; }

  // "…/api/public/stream/st-1/testsuite/smoke/RUN/status"
  std::string StatusUrl(const std::string& run, const std::string& suite = "smoke",
                        const std::string& stream = "st-1") const;

  // A control call that must succeed; throws std::runtime_error otherwise.
  nlohmann::ordered_json Control(const std::string& method, const std::string& path,
                                 const nlohmann::ordered_json& body = nullptr);

  // Entries of GET /requests.
  nlohmann::ordered_json Requests(const std::string& query = "");

  // Asks again until `done` says yes; false after `seconds`.
  static bool Eventually(const std::function<bool()>& done, int seconds = 5);

  // Waits for the end; -1 when it does not come within five seconds.
  int WaitForExit();

 private:
  pid_t pid_ = -1;
  std::string api_;
  std::string control_;
  HttpClient control_client_;
};

}  // namespace runcast::simulator_test

#endif  // RUNCAST_TESTS_COMPONENT_SIMULATOR_SIMULATOR_PROCESS_H_
