#include "tests/history/served_answers.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace runcast::history {
namespace {

using nlohmann::json;

absl::Time FromMillis(double millis) { return absl::UnixEpoch() + absl::Milliseconds(millis); }

bool IsTerminal(const std::string& word) {
  constexpr std::array kWords = {"completed", "failed", "cancelled", "canceled", "stopped"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

// Faults that delay or end a connection but leave the answer good and whole.
bool LeavesAnswerGood(const std::string& fault) {
  constexpr std::array kKinds = {"", "delay", "slow", "close_after", "close_silently"};
  return std::find(kKinds.begin(), kKinds.end(), fault) != kKinds.end();
}

}  // namespace

AnswersByRun AnswersFromLog(const json& requests) {
  AnswersByRun answers;
  for (const json& request : requests) {
    if (request.value("status", 0) != 200 || !request.contains("state") ||
        !request.contains("answered_monotonic_ms")) {
      continue;
    }
    answers[request.at("run").get<std::string>()].push_back(
        {.received = FromMillis(request.at("monotonic_ms").get<double>()),
         .answered = FromMillis(request.at("answered_monotonic_ms").get<double>()),
         .terminal = IsTerminal(request.at("state").get<std::string>()),
         .done = request.value("ran", int64_t{0}),
         .faulty = !LeavesAnswerGood(request.value("fault", ""))});
  }
  for (auto& [run, list] : answers) {
    std::sort(list.begin(), list.end(),
              [](const auto& a, const auto& b) { return a.answered < b.answered; });
  }
  return answers;
}

absl::Time MonotonicNow() {
  return absl::UnixEpoch() + absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace runcast::history
