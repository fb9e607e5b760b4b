// Counts of everything that came in: totals, and both windows for each run id and each bot.
//
// Threads: the event loop only.
// Memory: accounts of run ids whose windows are empty go when there are more than 200,000.

#ifndef RUNCAST_TESTS_SIMULATOR_CALL_ACCOUNTS_H_
#define RUNCAST_TESTS_SIMULATOR_CALL_ACCOUNTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "tests/simulator/call_windows.h"
#include "tests/simulator/json.h"
#include "tests/simulator/route.h"
#include "tests/simulator/settings.h"

namespace runcast::simulator {

class CallAccounts {
 public:
  explicit CallAccounts(const Settings& settings) : settings_(settings) {}

  // Counts one request in the window it belongs to.
  CallWindows::Verdict Count(const Route& route, int64_t now_nanos);
  void CountAnswer(int status) { ++by_status_[status]; }

  // `only_run` empty: all runs; `with_runs` false: totals and bots only.
  Json ToJson(const std::string& only_run, bool with_runs, int64_t now_nanos);
  void Reset();

 private:
  using Windows = std::unordered_map<std::string, CallWindows>;

  CallWindows::Limits LimitsOf(bool of_run) const;
  void Prune(int64_t now_nanos);
  Json Show(CallWindows& windows, bool of_run, int64_t now_nanos) const;

  const Settings& settings_;
  Windows runs_;
  Windows bots_;
  uint64_t requests_ = 0;
  uint64_t violations_ = 0;
  std::map<std::string, uint64_t> by_call_;
  std::map<int, uint64_t> by_status_;
  size_t prune_at_ = 200'000;
};

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_CALL_ACCOUNTS_H_
