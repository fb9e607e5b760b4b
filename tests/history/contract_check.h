// What a history alone tells: order, duplicates, ends. Pure.

#ifndef RUNCAST_TESTS_HISTORY_CONTRACT_CHECK_H_
#define RUNCAST_TESTS_HISTORY_CONTRACT_CHECK_H_

#include <vector>

#include "tests/history/finding.h"
#include "tests/history/history_event.h"

namespace runcast::history {

// Every sentence of the contract about one watcher's messages that these events break, in order.
// A terminal status is expected at the end.
std::vector<Finding> CheckContract(const std::vector<HistoryEvent>& events);

}  // namespace runcast::history

#endif  // RUNCAST_TESTS_HISTORY_CONTRACT_CHECK_H_
