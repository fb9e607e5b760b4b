// Whether a watcher heard what the platform told, and in time. Pure.

#ifndef RUNCAST_TESTS_HISTORY_DELIVERY_CHECK_H_
#define RUNCAST_TESTS_HISTORY_DELIVERY_CHECK_H_

#include <vector>

#include "absl/time/time.h"
#include "tests/history/finding.h"
#include "tests/history/history_event.h"
#include "tests/history/served_answers.h"

namespace runcast::history {

struct DeliveryRules {
  // From the platform's answer, or from the opening of the stream when there was none, to the
  // watcher. Covers the load of the machine, not the polling.
  absl::Duration late_after = absl::Seconds(2);
  // When recording ended; what was due later is not judged.
  absl::Time closed = absl::InfiniteFuture();
};

// `answers` are those of the watcher's run, by time. Each answer that went further than all before
// must be followed by a status at least as far: statuses in between may be skipped.
std::vector<Finding> CheckDelivery(const std::vector<HistoryEvent>& events,
                                   const std::vector<ServedAnswer>& answers,
                                   const DeliveryRules& rules);

}  // namespace runcast::history

#endif  // RUNCAST_TESTS_HISTORY_DELIVERY_CHECK_H_
