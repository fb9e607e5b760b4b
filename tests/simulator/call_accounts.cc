#include "tests/simulator/call_accounts.h"

#include <algorithm>
#include <iterator>

namespace runcast::simulator {
namespace {

constexpr size_t kManyRuns = 200'000;

}  // namespace

CallWindows::Limits CallAccounts::LimitsOf(bool of_run) const {
  return {of_run ? settings_.minute_limit : settings_.bot_minute_limit,
          settings_.minute_window_ms * 1'000'000,
          of_run ? settings_.hour_limit : settings_.bot_hour_limit,
          settings_.hour_window_ms * 1'000'000};
}

CallWindows::Verdict CallAccounts::Count(const Route& route, int64_t now_nanos) {
  ++requests_;
  ++by_call_[NameOf(route.call)];
  if (route.call == Call::kUnknown || route.call == Call::kReport || !route.method_allowed) {
    return CallWindows::Verdict::kWithin;
  }
  const bool of_run = route.call == Call::kStatus;
  if (of_run && runs_.size() >= prune_at_) Prune(now_nanos);
  CallWindows& windows = of_run ? runs_[route.run] : bots_[route.stream];
  const CallWindows::Verdict verdict = windows.Count(now_nanos, LimitsOf(of_run));
  if (verdict != CallWindows::Verdict::kWithin) ++violations_;
  return verdict;
}

// The next pruning waits until the table has grown by half, so that it stays cheap per call.
void CallAccounts::Prune(int64_t now_nanos) {
  const CallWindows::Limits limits = LimitsOf(true);
  for (auto it = runs_.begin(); it != runs_.end();) {
    it->second.Expire(now_nanos, limits);
    it = it->second.empty() ? runs_.erase(it) : std::next(it);
  }
  prune_at_ = std::max(kManyRuns, runs_.size() * 3 / 2);
}

Json CallAccounts::Show(CallWindows& windows, bool of_run, int64_t now_nanos) const {
  windows.Expire(now_nanos, LimitsOf(of_run));
  return {{"calls", windows.total},         {"in_minute", windows.in_minute()},
          {"in_hour", windows.in_hour()},   {"peak_minute", windows.peak_minute},
          {"peak_hour", windows.peak_hour}, {"violations", windows.violations}};
}

Json CallAccounts::ToJson(const std::string& only_run, bool with_runs, int64_t now_nanos) {
  Json json = {{"requests", requests_}, {"violations", violations_}};
  size_t peak_minute = 0;
  size_t peak_hour = 0;
  for (const auto& [id, windows] : runs_) {
    peak_minute = std::max(peak_minute, windows.peak_minute);
    peak_hour = std::max(peak_hour, windows.peak_hour);
  }
  json["highest_peak_minute"] = peak_minute;
  json["highest_peak_hour"] = peak_hour;
  json["by_call"] = by_call_;
  Json& by_status = json["by_status"] = Json::object();
  for (const auto& [status, count] : by_status_) by_status[std::to_string(status)] = count;
  Json& runs = json["runs"] = Json::object();
  if (!only_run.empty()) {
    const auto found = runs_.find(only_run);
    if (found != runs_.end()) runs[only_run] = Show(found->second, true, now_nanos);
  } else if (with_runs) {
    // Not by operator[], which would search the whole ordered object for each.
    auto& members = runs.get_ref<Json::object_t&>();
    members.reserve(runs_.size());
    for (auto& [id, windows] : runs_) members.push_back({id, Show(windows, true, now_nanos)});
  }
  Json& bots = json["bots"] = Json::object();
  for (auto& [id, windows] : bots_) bots[id] = Show(windows, false, now_nanos);
  return json;
}

void CallAccounts::Reset() {
  runs_.clear();
  bots_.clear();
  requests_ = violations_ = 0;
  by_call_.clear();
  by_status_.clear();
}

}  // namespace runcast::simulator
