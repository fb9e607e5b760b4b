// Bad news from the platform, as faults for the simulator (tests/simulator/README.md).

#ifndef RUNCAST_TESTS_E2E_PLATFORM_ERRORS_H_
#define RUNCAST_TESTS_E2E_PLATFORM_ERRORS_H_

#include <nlohmann/json.hpp>
#include <string>

namespace runcast::e2e {

// Refusals by rate: upstream reference, section 7.
inline constexpr char kSomeTime[] =
    "Rate limit for this API has been reached. Please try again after some time.";
inline constexpr char kMinute[] = "You've exceeded the per-minute rate limit. Please wait.";
inline constexpr char kHour[] = "You've exceeded the hourly rate limit. Please wait.";

// The documented envelope.
inline nlohmann::ordered_json Refusal(int status, const nlohmann::ordered_json& code,
                                      const std::string& text) {
  return {{"kind", "http"},
          {"status", status},
          {"body", {{"errors", {{{"msg", text}, {"code", code}}}}}}};
}

// As a proxy in between answers.
inline nlohmann::ordered_json Bare(int status, const std::string& body = "") {
  return {{"kind", "http"}, {"status", status}, {"body", body}, {"content_type", "text/html"}};
}

// A kind of fault with its defaults.
inline nlohmann::ordered_json Kind(const char* kind) { return {{"kind", kind}}; }

// A fault with one more member.
inline nlohmann::ordered_json With(nlohmann::ordered_json fault, const char* name,
                                   const nlohmann::ordered_json& value) {
  fault[name] = value;
  return fault;
}

}  // namespace runcast::e2e

#endif  // RUNCAST_TESTS_E2E_PLATFORM_ERRORS_H_
