#include "gateway/runs/end_outlook.h"

#include <algorithm>

#include "gateway/runs/wire_time.h"

namespace runcast::runs {
namespace {

// How far outside of what was seen the next length may lie: 3 %, and a second for clocks that
// differ and times that are rounded.
constexpr double kLengthTolerance = 0.03;
constexpr absl::Duration kStartTolerance = absl::Seconds(1);

}  // namespace

void EndOutlook::OnActive(const base::RunKey& run, base::MonotonicTime at, absl::Time wall,
                          const v1::RunStatus& facts, const RunLengths& lengths) {
  if (hint_ == v1::Freshness::END_HINT_UNSPECIFIED) earlier_ = lengths.Of(run);
  if (facts.has_start_time()) {
    const absl::Duration age = wall - FromTimestamp(facts.start_time());
    start_ = at - std::max(age, absl::ZeroDuration());
  }
  if (facts.progress().has_percent()) {
    hint_ = v1::Freshness::END_HINT_PROGRESS;
    progress_.OnProgress(at, facts.progress().percent());
  } else if (earlier_.empty() || !facts.has_start_time()) {
    hint_ = v1::Freshness::END_HINT_NONE;
  } else {
    hint_ = v1::Freshness::END_HINT_EARLIER_RUNS;
  }
}

std::optional<EndWindow> EndOutlook::Window(base::MonotonicTime now) const {
  switch (hint_) {
    case v1::Freshness::END_HINT_PROGRESS:
      return progress_.Window(now);
    case v1::Freshness::END_HINT_EARLIER_RUNS:
      return WindowByEarlierRuns(now);
    default:
      return std::nullopt;
  }
}

std::optional<EndWindow> EndOutlook::WindowByEarlierRuns(base::MonotonicTime now) const {
  // Lengths that this run has passed already are out of the question.
  const auto still_possible = [&](absl::Duration length) {
    return start_ + length * (1 + kLengthTolerance) + kStartTolerance > now;
  };
  const auto shortest = std::find_if(earlier_.begin(), earlier_.end(), still_possible);
  if (shortest == earlier_.end()) return std::nullopt;  // Longer than any before.
  return EndWindow{start_ + *shortest * (1 - kLengthTolerance) - kStartTolerance,
                   start_ + earlier_.back() * (1 + kLengthTolerance) + kStartTolerance};
}

}  // namespace runcast::runs
