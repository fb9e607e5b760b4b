#include "tests/bench/update_record.h"

#include <algorithm>

namespace runcast::bench {

void UpdateRecord::StartWindow(int64_t begin, int64_t end) {
  begin_ = begin;
  end_ = end;
  updates_.clear();
}

void UpdateRecord::OnReceipt(size_t watcher, int64_t published, int64_t now,
                             LatencyHistogram& latencies) {
  int64_t& newest = newest_[watcher];
  const int64_t before = newest;
  newest = std::max(newest, published);
  if (published < begin_ || published >= end_) return;
  // Nearly always the last one or a new one.
  auto at = updates_.end();
  while (at != updates_.begin() && std::prev(at)->published >= published) --at;
  if (at == updates_.end() || at->published != published) {
    at = updates_.insert(at, Update{published, 0, 0});
  }
  ++at->receipts;
  at->last_receipt = std::max(at->last_receipt, now);
  latencies.Record(now - published);
  // Those that it went past.
  while (at != updates_.begin() && std::prev(at)->published > before) {
    --at;
    at->last_receipt = std::max(at->last_receipt, now);
    latencies.Record(now - at->published);
  }
}

DeliveryCount UpdateRecord::Close(LatencyHistogram& latencies,
                                  LatencyHistogram& last_receipts) const {
  DeliveryCount count;
  const auto watchers = static_cast<int64_t>(newest_.size());
  int64_t oldest = INT64_MAX;
  for (const int64_t newest : newest_) oldest = std::min(oldest, newest);
  for (const Update& update : updates_) {
    ++count.published;
    count.expected += watchers;
    count.delivered += update.receipts;
    int64_t missing = 0;
    if (oldest < update.published) {
      missing = std::count_if(newest_.begin(), newest_.end(),
                              [&](int64_t newest) { return newest < update.published; });
    }
    count.missing += missing;
    latencies.RecordInfinite(missing);
    if (missing > 0) {
      last_receipts.RecordInfinite(1);
    } else {
      last_receipts.Record(update.last_receipt - update.published);
    }
  }
  count.conflated = count.expected - count.delivered - count.missing;
  return count;
}

}  // namespace runcast::bench
