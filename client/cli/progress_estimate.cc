#include "client/cli/progress_estimate.h"

#include <algorithm>

namespace runcast::cli {
namespace {

constexpr absl::Duration kWindow = absl::Seconds(30);

}  // namespace

void ProgressEstimate::Add(absl::Time observed_at, const v1::Progress& progress) {
  Unit unit = Unit::kNone;
  double done = 0;
  if (progress.has_utterances_done() && progress.utterances_total() > 0) {
    unit = Unit::kUtterances;
    done = static_cast<double>(progress.utterances_done());
    total_ = static_cast<double>(progress.utterances_total());
  } else if (progress.has_percent()) {
    unit = Unit::kPercent;
    done = progress.percent();
    total_ = 100;
  }
  if (unit == Unit::kNone) return;
  if (unit != unit_) points_.clear();
  unit_ = unit;

  if (!points_.empty() && (observed_at <= points_.back().at || done < points_.back().done)) return;
  points_.push_back({observed_at, done});
  // One point older than the window stays, so that a slow run has a rate at all.
  while (points_.size() > 2 && points_[1].at <= observed_at - kWindow) points_.pop_front();
}

std::optional<double> ProgressEstimate::Rate() const {
  if (points_.size() < 2) return std::nullopt;
  const double gained = points_.back().done - points_.front().done;
  const double seconds = absl::ToDoubleSeconds(points_.back().at - points_.front().at);
  if (gained <= 0 || seconds <= 0) return std::nullopt;
  return gained / seconds;
}

std::optional<double> ProgressEstimate::UtterancesPerSecond() const {
  if (unit_ != Unit::kUtterances) return std::nullopt;
  return Rate();
}

std::optional<absl::Duration> ProgressEstimate::Remaining(absl::Time now) const {
  const auto rate = Rate();
  if (!rate) return std::nullopt;
  const absl::Time end = points_.back().at + absl::Seconds((total_ - points_.back().done) / *rate);
  return std::max(end - now, absl::ZeroDuration());
}

}  // namespace runcast::cli
