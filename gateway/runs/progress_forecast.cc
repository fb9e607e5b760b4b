#include "gateway/runs/progress_forecast.h"

#include <algorithm>
#include <cmath>

namespace runcast::runs {

void ProgressForecast::OnProgress(base::MonotonicTime at, double percent) {
  const bool first = count_ == 0;
  if (first || percent > StepBack(0).percent) {
    // Of the first value nobody knows since when it holds.
    steps_[count_ % kSteps] = Step{percent, first ? at : last_seen_, at};
    ++count_;
  }
  last_seen_ = at;
}

std::optional<EndWindow> ProgressForecast::Window(base::MonotonicTime now) const {
  // The first value seen is no step: it may have held for long.
  const size_t usable = std::min(count_ > 0 ? count_ - 1 : 0, kSteps - 1);
  if (usable < 2) return std::nullopt;
  const Step& newest = StepBack(0);
  const Step& oldest = StepBack(usable - 1);
  const absl::Duration span = newest.middle() - oldest.middle();
  const double gained = newest.percent - oldest.percent;
  if (span <= absl::ZeroDuration() || gained <= 0) return std::nullopt;
  const absl::Duration each = span / gained;  // For one percent.

  // How far single steps stray from the mean, beyond what their blur explains.
  double strayed = 0;
  for (size_t back = 0; back + 1 < usable; ++back) {
    const Step& to = StepBack(back);
    const Step& from = StepBack(back + 1);
    const absl::Duration expected = each * (to.percent - from.percent);
    const absl::Duration off =
        absl::AbsDuration(to.middle() - from.middle() - expected) - to.blur() - from.blur();
    strayed += std::pow(std::max(0.0, absl::FDivDuration(off, expected)), 2);
  }
  const double steps_seen = static_cast<double>(usable - 1);
  const double spread = std::sqrt(strayed / steps_seen);

  const double left = std::max(0.0, 100 - newest.percent);
  const absl::Duration remaining = each * left;
  const double step_size = gained / steps_seen;
  const double steps_left = std::max(1.0, left / step_size);
  const absl::Duration blur = newest.blur() +
                              remaining * absl::FDivDuration(newest.blur() + oldest.blur(), span) +
                              each * step_size * spread * std::sqrt(steps_left);
  EndWindow window{newest.middle() + remaining - blur, newest.middle() + remaining + blur};

  if (now > window.latest) {
    // Overdue: the later it gets, the less is known.
    const absl::Duration overdue = now - window.latest;
    if (overdue > span) return std::nullopt;
    window.latest = now + overdue + blur;
  }
  return window;
}

}  // namespace runcast::runs
