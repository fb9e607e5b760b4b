#include "tests/unit/upstream/status_answers.h"

#include <gtest/gtest.h>

#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"

namespace runcast::upstream {

base::RunKey SampleKey() {
  return {"st-0a1b2c3d-0000-5000-8000-00000000beef", "smoke",
          "tr-0a1b2c3d-0000-5000-8000-00000000abcd", ""};
}

PollAnswer Decode(const base::RunKey& key, const std::string& body, const StatusWords& words) {
  DecodedAnswer decoded = DecodeStatus(key, body, words);
  if (auto* answer = std::get_if<PollAnswer>(&decoded)) return std::move(*answer);
  const auto* fault = std::get_if<ProtocolFault>(&decoded);
  ADD_FAILURE() << "the answer " << (fault == nullptr ? "is an error" : fault->reason) << ": "
                << body;
  return {};
}

PollAnswer Decode(const std::string& body) { return Decode(kKey, body); }

std::string Fault(const std::string& body, const base::RunKey& key) {
  const DecodedAnswer decoded = DecodeStatus(key, body, StatusWords());
  if (const auto* fault = std::get_if<ProtocolFault>(&decoded)) return fault->reason;
  return std::holds_alternative<PollAnswer>(decoded) ? "believed" : "error";
}

int64_t Millis(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1000 + time.nanos() / 1'000'000;
}

std::string Edited(const std::string& document, const std::string& from, const std::string& to) {
  EXPECT_TRUE(absl::StrContains(document, from)) << "nothing to edit: " << from;
  return absl::StrReplaceAll(document, {{from, to}});
}

}  // namespace runcast::upstream
