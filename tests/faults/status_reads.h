// GetStatus at a steady rate, spread over runs.

#ifndef RUNCAST_TESTS_FAULTS_STATUS_READS_H_
#define RUNCAST_TESTS_FAULTS_STATUS_READS_H_

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "runcast/v1/run_status_service.grpc.pb.h"
#include "tests/bench/latency_histogram.h"
#include "tests/faults/watcher_set.h"

namespace runcast::faults {

// An open loop: calls start on time whether or not earlier ones were answered.
//
// Threads: any.
class StatusReads {
 public:
  // None when `per_second` is 0.
  StatusReads(const WatcherOptions& options, int per_second);
  // Waits for open calls, which have a deadline.
  ~StatusReads();

  // Figures so far: {"count", "p50_ms", "p99_ms", "stale", "errors": {code: count}}.
  nlohmann::ordered_json Figures();
  // The same; the next ones begin at zero.
  nlohmann::ordered_json TakeFigures();

 private:
  struct Call;
  nlohmann::ordered_json FiguresLocked() const;
  void SendLoop(int per_second);
  void Send(size_t number);

  const std::vector<v1::RunReference> runs_;
  std::vector<std::unique_ptr<v1::RunStatusService::Stub>> stubs_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bench::LatencyHistogram times_;          // Guarded by mutex_.
  std::map<std::string, int64_t> errors_;  // Guarded by mutex_.
  int64_t stale_ = 0;                      // Guarded by mutex_.
  int64_t open_ = 0;                       // Guarded by mutex_.
  bool stopping_ = false;                  // Guarded by mutex_.
  std::thread sender_;
};

}  // namespace runcast::faults

#endif  // RUNCAST_TESTS_FAULTS_STATUS_READS_H_
