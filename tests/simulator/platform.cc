#include "tests/simulator/platform.h"

#include <stdexcept>

namespace runcast::simulator {
namespace {

std::string Numbered(std::string text, int64_t number) {
  for (size_t at = text.find("{n}"); at != std::string::npos; at = text.find("{n}", at)) {
    text.replace(at, 3, std::to_string(number));
  }
  return text;
}

}  // namespace

void Platform::ChangeSettings(const Json& json) {
  settings.Merge(json);
  clock.set_offset_millis(settings.clock_offset_ms);
  if (on_idle_timeout) on_idle_timeout(settings.idle_timeout_ms);
}

void Platform::LoadScenario(const Json& scenario) {
  for (const auto& [name, value] : scenario.items()) {
    if (name == "settings") {
      ChangeSettings(value);
    } else if (name == "apps") {
      for (const Json& app : value) apps.Put(AppFromJson(app));
    } else if (name == "suites") {
      for (const Json& suite : value) runs.PutSuite(suite);
    } else if (name == "runs") {
      StartRuns(value);
    } else if (name == "faults") {
      for (const Json& fault : value) faults.Add(fault, MonotonicNanos());
    } else if (name == "run_template") {
      run_template = value;
    } else if (name == "auto_run") {
      auto_run = value;
    } else {
      throw std::invalid_argument("unknown member of a scenario: " + name);
    }
  }
}

std::vector<std::string> Platform::StartRuns(const Json& json) {
  std::vector<std::string> ids;
  if (json.is_array()) {
    for (const Json& item : json) {
      for (std::string& id : StartRuns(item)) ids.push_back(std::move(id));
    }
    return ids;
  }
  if (!json.contains("count")) {
    ids.push_back(runs.StartRun(json, MonotonicNanos(), clock.NowMillis()).run_id);
    return ids;
  }
  Json spec = json;
  const auto count = json.at("count").get<int64_t>();
  spec.erase("count");
  for (int64_t number = 1; number <= count; ++number) {
    Json one = spec;
    for (const char* name : {"run_id", "stream", "suite"}) {
      if (spec.contains(name)) one[name] = Numbered(spec[name].get<std::string>(), number);
    }
    ids.push_back(runs.StartRun(std::move(one), MonotonicNanos(), clock.NowMillis()).run_id);
  }
  return ids;
}

}  // namespace runcast::simulator
