#include "gateway/runs/kept_runs.h"

namespace runcast::runs {

void KeptRuns::Add(const base::RunKey& key, size_t bytes) {
  Remove(key);
  order_.push_back(Kept{key, bytes});
  places_.emplace(key, std::prev(order_.end()));
  bytes_ += bytes;
}

void KeptRuns::Remove(const base::RunKey& key) {
  const auto place = places_.find(key);
  if (place == places_.end()) return;
  bytes_ -= place->second->bytes;
  order_.erase(place->second);
  places_.erase(place);
}

std::vector<base::RunKey> KeptRuns::TakeExcess() {
  std::vector<base::RunKey> excess;
  while (!order_.empty() && (order_.size() > options_.max_runs || bytes_ > options_.max_bytes)) {
    excess.push_back(order_.front().key);
    Remove(excess.back());
  }
  return excess;
}

}  // namespace runcast::runs
