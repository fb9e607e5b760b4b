// Which updates of one run were published, and when each of its watchers had them.

#ifndef RUNCAST_TESTS_BENCH_UPDATE_RECORD_H_
#define RUNCAST_TESTS_BENCH_UPDATE_RECORD_H_

#include <cstdint>
#include <vector>

#include "tests/bench/latency_histogram.h"

namespace runcast::bench {

// What the updates published within a window came to. Numbers of deliveries.
struct DeliveryCount {
  int64_t published = 0;  // Updates.
  int64_t expected = 0;   // Updates times watchers.
  int64_t delivered = 0;
  int64_t conflated = 0;  // A newer update came instead.
  int64_t missing = 0;    // Neither it nor a newer one came until the cut-off.
};

// An update is known by its time of publication. A watcher that got a newer one instead has the
// state of the older one at that moment, and its latency counts until then: merging saves a server
// nothing here.
class UpdateRecord {
 public:
  // Returns the watcher's number.
  size_t AddWatcher() {
    newest_.push_back(0);
    return newest_.size() - 1;
  }
  // Only updates published in [begin, end) count from here on.
  void StartWindow(int64_t begin, int64_t end);
  void OnReceipt(size_t watcher, int64_t published, int64_t now, LatencyHistogram& latencies);
  // The window and its cut-off are over. Records per update the time until its last receipt.
  DeliveryCount Close(LatencyHistogram& latencies, LatencyHistogram& last_receipts) const;

 private:
  struct Update {
    int64_t published;
    int64_t receipts;
    int64_t last_receipt;
  };
  int64_t begin_ = INT64_MAX;
  int64_t end_ = INT64_MAX;
  std::vector<Update> updates_;  // By time of publication.
  std::vector<int64_t> newest_;  // By watcher: the newest update it has.
};

}  // namespace runcast::bench

#endif  // RUNCAST_TESTS_BENCH_UPDATE_RECORD_H_
