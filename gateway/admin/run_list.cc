#include "gateway/admin/run_list.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <tuple>

#include "absl/strings/strip.h"

namespace runcast::admin {
namespace {

using Json = nlohmann::ordered_json;

// Milliseconds since 1970, as JavaScript counts; null where there is no time.
Json Time(absl::Time time) {
  if (time == absl::InfinitePast() || time == absl::InfiniteFuture()) return nullptr;
  return absl::ToUnixMillis(time);
}

// `RUN_STATE_RUNNING` as `running`.
std::string Word(const std::string& name, absl::string_view prefix) {
  std::string word(absl::StripPrefix(name, prefix));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return word;
}

bool IsTrouble(const RunRow& row) {
  return row.entry.vitals.followed &&
         row.entry.vitals.freshness.state() != v1::Freshness::STATE_FRESH;
}

Json RowJson(const RunRow& row) {
  const runs::RunVitals& vitals = row.entry.vitals;
  Json json = {{"stream", row.key.stream_id},
               {"suite", row.key.suite_name},
               {"run", row.key.run_id},
               {"language", row.key.language},
               {"watchers", row.watchers},
               {"followed", vitals.followed},
               {"freshness", Word(v1::Freshness::State_Name(vitals.freshness.state()), "STATE_")},
               {"reason", vitals.freshness.reason()},
               {"message", vitals.freshness.message()},
               {"last_good_answer_ms", Time(vitals.last_good_answer)},
               {"next_poll_ms", Time(vitals.next_poll)},
               {"predicted_end_ms", Time(vitals.predicted_end)},
               {"budget",
                {{"minute", vitals.budget.minute},
                 {"minute_limit", vitals.budget.minute_limit},
                 {"hour", vitals.budget.hour},
                 {"hour_limit", vitals.budget.hour_limit}}}};
  if (row.entry.snapshot == nullptr) {
    json["state"] = "unknown";
    return json;
  }
  const v1::RunStatus& status = row.entry.snapshot->status();
  json["state"] = Word(v1::RunState_Name(status.state()), "RUN_STATE_");
  json["raw_state"] = status.raw_state();
  json["terminal"] = status.terminal();
  json["sequence"] = status.sequence();
  if (status.has_progress()) {
    const v1::Progress& progress = status.progress();
    if (progress.has_percent()) json["percent"] = progress.percent();
    if (progress.has_utterances_done()) json["done"] = progress.utterances_done();
    if (progress.has_utterances_total()) json["total"] = progress.utterances_total();
  }
  return json;
}

Json SampleJson(const ActivitySample& sample) {
  const telemetry::Activity& activity = sample.activity;
  return {{"at_ms", Time(sample.at)},           {"watchers", activity.watchers},
          {"followed", activity.followed_runs}, {"stale", activity.stale_runs},
          {"messages", activity.messages_sent}, {"reads", activity.reads},
          {"polls_good", activity.polls_good},  {"polls_bad", activity.polls_bad}};
}

}  // namespace

std::string RunListJson(RunList list) {
  const size_t total = list.rows.size();
  const size_t shown = std::min(total, RunList::kMostShown);
  const auto order = [](const RunRow& row) {
    return std::make_tuple(!IsTrouble(row), !row.entry.vitals.followed, -int64_t{row.watchers},
                           row.key.run_id, row.key.language, row.key.suite_name);
  };
  std::partial_sort(list.rows.begin(), list.rows.begin() + static_cast<std::ptrdiff_t>(shown),
                    list.rows.end(),
                    [&](const RunRow& a, const RunRow& b) { return order(a) < order(b); });
  list.rows.resize(shown);

  Json json = {{"now_ms", Time(list.now)}, {"version", list.version},
               {"ready", list.ready},      {"breaker_open", list.breaker_open},
               {"total_runs", total},      {"activity", Json::array()},
               {"runs", Json::array()}};
  if (list.replicas.has_value()) {
    json["replicas"] = {{"engine_up", list.replicas->engine_up},
                        {"live", list.replicas->live},
                        {"lost", list.replicas->lost},
                        {"owned_runs", list.replicas->owned_runs}};
  }
  for (const ActivitySample& sample : list.activity) json["activity"].push_back(SampleJson(sample));
  for (const RunRow& row : list.rows) json["runs"].push_back(RowJson(row));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace runcast::admin
