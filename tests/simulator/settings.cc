#include "tests/simulator/settings.h"

#include <stdexcept>

namespace runcast::simulator {
namespace {

// Calls `visit(name, member)` for every member.
template <typename SettingsType, typename Visit>
void ForEachMember(SettingsType& settings, Visit visit) {
  visit("minute_limit", settings.minute_limit);
  visit("minute_window_ms", settings.minute_window_ms);
  visit("hour_limit", settings.hour_limit);
  visit("hour_window_ms", settings.hour_window_ms);
  visit("bot_minute_limit", settings.bot_minute_limit);
  visit("bot_hour_limit", settings.bot_hour_limit);
  visit("rate_status", settings.rate_status);
  visit("rate_minute_text", settings.rate_minute_text);
  visit("rate_hour_text", settings.rate_hour_text);
  visit("rate_retry_after_s", settings.rate_retry_after_s);
  visit("suite_not_found_status", settings.suite_not_found_status);
  visit("run_not_found_status", settings.run_not_found_status);
  visit("clock_offset_ms", settings.clock_offset_ms);
  visit("skew_tolerance_ms", settings.skew_tolerance_ms);
  visit("jti_memory_s", settings.jti_memory_s);
  visit("latency_ms", settings.latency_ms);
  visit("idle_timeout_ms", settings.idle_timeout_ms);
  visit("file_url_base", settings.file_url_base);
  visit("log", settings.log);
  visit("log_capacity", settings.log_capacity);
}

}  // namespace

void Settings::Merge(const Json& json) {
  Settings merged = *this;
  for (const auto& [name, value] : json.items()) {
    bool known = false;
    ForEachMember(merged, [&, member = name, &given = value](const char* candidate, auto& target) {
      if (member != candidate) return;
      known = true;
      given.get_to(target);
    });
    if (!known) throw std::invalid_argument("unknown setting: " + name);
  }
  *this = merged;
}

Json Settings::ToJson() const {
  Json json;
  ForEachMember(*this, [&](const char* name, const auto& value) { json[name] = value; });
  return json;
}

}  // namespace runcast::simulator
