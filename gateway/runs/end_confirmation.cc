#include "gateway/runs/end_confirmation.h"

#include <algorithm>
#include <utility>

namespace runcast::runs {
namespace {

// Contract: "polled up to 5 times within 10 s before it is published as terminal".
constexpr int kAnswers = 5;
constexpr absl::Duration kResultsLimit = absl::Seconds(10);

}  // namespace

bool EndConfirmation::AsksAgain(const upstream::PollAnswer& answer, base::MonotonicTime now) {
  const bool whole = !answer.words_disagree &&
                     (answer.status.state() != v1::RUN_STATE_COMPLETED || answer.has_results);
  if (!answer.status.terminal() || whole) {
    Stop();
    return false;
  }
  since_ = std::min(since_, now);
  ++answers_;
  if (answers_ < kAnswers && now < deadline()) {
    end_ = answer.status;
    return true;
  }
  Stop();
  return false;
}

v1::RunStatus EndConfirmation::TakeEnd() { return std::exchange(*this, {}).end_; }

base::MonotonicTime EndConfirmation::deadline() const { return since_ + kResultsLimit; }

}  // namespace runcast::runs
