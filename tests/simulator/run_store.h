// The suites and runs that exist on the simulated platform.
//
// Threads: the event loop only.

#ifndef RUNCAST_TESTS_SIMULATOR_RUN_STORE_H_
#define RUNCAST_TESTS_SIMULATOR_RUN_STORE_H_

#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/simulator/json.h"
#include "tests/simulator/run_script.h"

namespace runcast::simulator {

struct Suite {
  std::string name;
  std::string id;         // empty for a built-in one, which is listed by `listed_as`
  std::string listed_as;  // key in the suite list
  std::string type = "custom";
  std::string description;
  Json run_template = Json::object();  // members of runs started by the run call
};

class RunStore {
 public:
  // Members: stream, name, id?, description?, type? ("custom", "prebuilt"), listed_as?,
  // run_template?. Throws std::exception for what is wrong.
  const Suite& PutSuite(const Json& json);
  bool RemoveSuite(std::string_view stream, std::string_view name);  // its runs too
  const Suite* FindSuite(std::string_view stream, std::string_view name) const;
  std::vector<const Suite*> SuitesOf(std::string_view stream) const;

  // Starts a run now (`started_ago_ms` in the past); its suite comes into being with it.
  // `now_nanos` is monotonic, `platform_millis` the platform's clock.
  RunScript& StartRun(Json spec, int64_t now_nanos, int64_t platform_millis);

  // Merges a patch onto the run's script; it keeps its start. "finish_now": true ends it at once.
  // Returns null for an unknown run.
  const RunScript* ChangeRun(const std::string& run_id, const Json& patch, int64_t now_nanos);
  bool RemoveRun(const std::string& run_id);
  RunScript* FindRun(const std::string& run_id);
  std::vector<const RunScript*> RunsOf(std::string_view stream, std::string_view suite) const;
  size_t run_count() const { return runs_.size(); }
  void Clear();

  // A random UUID.
  std::string NewUuid();

 private:
  std::map<std::string, std::map<std::string, Suite, std::less<>>, std::less<>> suites_;
  std::unordered_map<std::string, std::unique_ptr<RunScript>> runs_;
  std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_RUN_STORE_H_
