#include "gateway/runs/run_lengths.h"

#include <algorithm>

namespace runcast::runs {

void RunLengths::OnCompleted(const base::RunKey& run, absl::Duration length) {
  if (length <= absl::ZeroDuration()) return;
  const Suite suite{run.stream_id, run.suite_name};
  const auto [found, is_new] = records_.try_emplace(suite);
  Record& record = found->second;
  if (is_new) {
    record.place = order_.insert(order_.end(), suite);
  } else {
    order_.splice(order_.end(), order_, record.place);
  }
  record.lengths.push_back(length);
  if (record.lengths.size() > kRemembered) record.lengths.pop_front();
  if (records_.size() > max_suites_) {
    records_.erase(order_.front());
    order_.pop_front();
  }
}

std::vector<absl::Duration> RunLengths::Of(const base::RunKey& run) const {
  const auto found = records_.find(Suite{run.stream_id, run.suite_name});
  if (found == records_.end() || found->second.lengths.size() < kLeast) return {};
  std::vector<absl::Duration> lengths(found->second.lengths.begin(), found->second.lengths.end());
  std::sort(lengths.begin(), lengths.end());
  return lengths;
}

}  // namespace runcast::runs
