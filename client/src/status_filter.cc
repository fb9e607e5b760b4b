#include "client/src/status_filter.h"

#include <algorithm>

namespace runcast::client {

StatusFilter::Verdict StatusFilter::Judge(const v1::RunStatus& status) {
  if (terminal_) return Verdict::kBehind;

  const auto known = std::find_if(epochs_.begin(), epochs_.end(),
                                  [&](const auto& epoch) { return epoch.first == status.epoch(); });
  if (known != epochs_.end() && status.sequence() <= known->second) return Verdict::kDuplicate;

  const v1::Progress& progress = status.progress();
  const bool has_done = progress.has_utterances_done();
  if (!status.terminal()) {
    // Only what both statuses know can be compared; the count decides before the percent.
    if (has_done && utterances_done_ && progress.utterances_done() != *utterances_done_) {
      if (progress.utterances_done() < *utterances_done_) return Verdict::kBehind;
    } else if (progress.has_percent() && percent_ && progress.percent() < *percent_) {
      return Verdict::kBehind;
    }
  }

  if (known != epochs_.end()) epochs_.erase(known);
  epochs_.emplace_back(status.epoch(), status.sequence());
  if (epochs_.size() > kRememberedEpochs) epochs_.pop_front();
  terminal_ = status.terminal();
  if (has_done) utterances_done_ = progress.utterances_done();
  if (progress.has_percent()) percent_ = progress.percent();
  return Verdict::kNew;
}

}  // namespace runcast::client
