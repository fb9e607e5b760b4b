// A history, and what the platform served, as JSON: so that a bad one can be kept and replayed.
//
//   {"about": "…", "finds": ["late"], "late_after_ms": 2000, "closed_ms": 9000,
//    "events": [{"at_ms": 1, "kind": "opened"},
//               {"at_ms": 2, "kind": "status", "epoch": 7, "sequence": 1, "done": 3},
//               {"at_ms": 9, "kind": "ended", "code": 14}],
//    "served": [{"received_ms": 0, "answered_ms": 1, "done": 3}]}

#ifndef RUNCAST_TESTS_HISTORY_HISTORY_DOCUMENT_H_
#define RUNCAST_TESTS_HISTORY_HISTORY_DOCUMENT_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/history/delivery_check.h"
#include "tests/history/history_event.h"
#include "tests/history/served_answers.h"

namespace runcast::history {

struct HistoryDocument {
  std::string about;               // For people: where it came from, what was wrong.
  std::vector<std::string> finds;  // Names of findings that the checks must make, without repeats.
  DeliveryRules rules;
  std::vector<HistoryEvent> events;
  std::vector<ServedAnswer> served;  // Empty: only the contract is checked.
};

nlohmann::ordered_json ToJson(const HistoryDocument& document);
// Throws std::exception naming what is wrong.
HistoryDocument HistoryFromJson(const nlohmann::json& json);

// Both checks.
std::vector<Finding> Check(const HistoryDocument& document);

}  // namespace runcast::history

#endif  // RUNCAST_TESTS_HISTORY_HISTORY_DOCUMENT_H_
