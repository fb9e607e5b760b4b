// The faults in force, and which of them strikes a request: the oldest that matches.
//
// Threads: the event loop only.

#ifndef RUNCAST_TESTS_SIMULATOR_FAULT_SCRIPT_H_
#define RUNCAST_TESTS_SIMULATOR_FAULT_SCRIPT_H_

#include <list>
#include <random>

#include "tests/simulator/fault.h"
#include "tests/simulator/route.h"

namespace runcast::simulator {

class FaultScript {
 public:
  const Fault& Add(const Json& json, int64_t now_nanos);
  bool Remove(uint64_t id);
  void Clear() { faults_.clear(); }
  const std::list<Fault>& all() const { return faults_; }

  // Null when none strikes. `reused` says whether the connection carried a request before; a
  // "drop_reused" fault sees only such requests. Valid until the script changes.
  const Fault* Strike(const Route& route, bool reused, int64_t now_nanos);

  uint64_t total_hits() const { return total_hits_; }
  void ResetHits() { total_hits_ = 0; }

 private:
  std::list<Fault> faults_;
  uint64_t last_id_ = 0;
  uint64_t total_hits_ = 0;
  std::mt19937_64 random_{20300102};
};

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_FAULT_SCRIPT_H_
