// What a status says of the platform's answer, in text format, without what the gateway added.

#ifndef RUNCAST_TESTS_E2E_PLATFORM_FACTS_H_
#define RUNCAST_TESTS_E2E_PLATFORM_FACTS_H_

#include <google/protobuf/text_format.h>

#include <stdexcept>
#include <string>

#include "runcast/v1/run_status.pb.h"

namespace runcast::e2e {

inline std::string FactsOf(v1::RunStatus status) {
  status.clear_run();
  status.clear_sequence();
  status.clear_epoch();
  status.clear_observed_at();
  status.clear_freshness();
  return status.DebugString();
}

// The same of a status given in text format.
inline std::string Facts(const std::string& text) {
  v1::RunStatus status;
  if (!google::protobuf::TextFormat::ParseFromString(text, &status)) {
    throw std::invalid_argument("not a RunStatus: " + text);
  }
  return status.DebugString();
}

}  // namespace runcast::e2e

#endif  // RUNCAST_TESTS_E2E_PLATFORM_FACTS_H_
