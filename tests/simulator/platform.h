// The whole state of the simulated platform. The public API reads it, the control interface and the
// scenario file change it.
//
// Threads: the event loop only.

#ifndef RUNCAST_TESTS_SIMULATOR_PLATFORM_H_
#define RUNCAST_TESTS_SIMULATOR_PLATFORM_H_

#include <functional>
#include <string>

#include "tests/simulator/app.h"
#include "tests/simulator/call_accounts.h"
#include "tests/simulator/fault_script.h"
#include "tests/simulator/platform_clock.h"
#include "tests/simulator/request_log.h"
#include "tests/simulator/run_store.h"
#include "tests/simulator/settings.h"
#include "tests/simulator/token_check.h"

namespace runcast::simulator {

class Platform {
 public:
  Platform() = default;
  Platform(const Platform&) = delete;
  Platform& operator=(const Platform&) = delete;

  // All throw std::exception with the reason when the JSON is wrong; then nothing has changed,
  // except that the earlier members of a list stay.
  void ChangeSettings(const Json& json);
  // {"settings": {…}, "apps": […], "suites": […], "runs": […], "faults": […],
  //  "run_template": {…}, "auto_run": {…}}
  void LoadScenario(const Json& scenario);
  // One run, a list of runs, or {"count": n, …}, where "{n}" in run_id, stream and suite becomes
  // 1 … n. Returns the ids.
  std::vector<std::string> StartRuns(const Json& json);

  Settings settings;
  PlatformClock clock;
  AppDirectory apps;
  RunStore runs;
  FaultScript faults;
  TokenCheck tokens{apps, settings};
  CallAccounts accounts{settings};
  RequestLog log{settings};
  // Members of runs that the run call starts, under those of the suite's own template.
  Json run_template = Json::object();
  // Not null: an unknown run comes into being with these members when it is first asked for.
  Json auto_run;

  // Told when idle_timeout_ms changed.
  std::function<void(int64_t millis)> on_idle_timeout;
};

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_PLATFORM_H_
