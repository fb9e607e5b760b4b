#include "gateway/runs/failure_meaning.h"

#include <algorithm>
#include <iterator>

namespace runcast::runs {
namespace {

using telemetry::PollOutcome;
using upstream::PollFailureKind;

constexpr FailureMeaning kFailureMeanings[] = {
    {PollFailureKind::kRunNotFound, PollTrouble::kNone, Reason::kRunNotFound,
     PollOutcome::kNotFound, false},
    {PollFailureKind::kSuiteNotFound, PollTrouble::kNone, Reason::kSuiteNotFound,
     PollOutcome::kNotFound, false},
    {PollFailureKind::kCredentials, PollTrouble::kRefused, Reason::kUpstreamCredentials,
     PollOutcome::kCredentials, false},
    {PollFailureKind::kScope, PollTrouble::kRefused, Reason::kUpstreamScope, PollOutcome::kScope,
     false},
    {PollFailureKind::kThrottledMinute, PollTrouble::kThrottledMinute, Reason::kRunBudgetSpent,
     PollOutcome::kThrottled, false},
    {PollFailureKind::kThrottledHour, PollTrouble::kThrottledHour, Reason::kRunBudgetSpent,
     PollOutcome::kThrottled, false},
    {PollFailureKind::kThrottled, PollTrouble::kThrottled, Reason::kRunBudgetSpent,
     PollOutcome::kThrottled, false},
    {PollFailureKind::kUnavailable, PollTrouble::kUnavailable, Reason::kUpstreamUnavailable,
     PollOutcome::kUnavailable, true},
    {PollFailureKind::kProtocol, PollTrouble::kUnavailable, Reason::kUpstreamProtocol,
     PollOutcome::kProtocol, true},
    {PollFailureKind::kRejected, PollTrouble::kRejected, Reason::kUpstreamProtocol,
     PollOutcome::kRejected, true},
    {PollFailureKind::kSendRefused, PollTrouble::kNone, Reason::kRunBudgetSpent,
     PollOutcome::kSendRefused, false},
    // Of a run that was seen; else as kRunNotFound.
    {PollFailureKind::kPathNotFound, PollTrouble::kUnavailable, Reason::kUpstreamProtocol,
     PollOutcome::kProtocol, true},
};

}  // namespace

const FailureMeaning& MeaningOf(PollFailureKind kind) {
  return *std::find_if(std::begin(kFailureMeanings), std::end(kFailureMeanings),
                       [&](const FailureMeaning& meaning) { return meaning.kind == kind; });
}

}  // namespace runcast::runs
