#include "tests/history/history_document.h"

#include <array>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "tests/history/contract_check.h"

namespace runcast::history {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::array<const char*, 5> kKinds = {"opened", "status", "heartbeat", "nothing", "ended"};

double Millis(absl::Time time) { return absl::ToDoubleMilliseconds(time - absl::UnixEpoch()); }
absl::Time Time(double millis) { return absl::UnixEpoch() + absl::Milliseconds(millis); }

ordered_json EventToJson(const HistoryEvent& event) {
  ordered_json entry = {{"at_ms", Millis(event.at)},
                        {"kind", kKinds[static_cast<size_t>(event.kind)]}};
  switch (event.kind) {
    case HistoryEvent::Kind::kOpened:
      entry["resumed"] = event.resumed;
      return entry;
    case HistoryEvent::Kind::kEnded:
      entry["code"] = event.code;
      return entry;
    case HistoryEvent::Kind::kStatus:
      entry["epoch"] = event.epoch;
      entry["sequence"] = event.sequence;
      entry["terminal"] = event.terminal;
      if (event.done.has_value()) entry["done"] = *event.done;
      if (event.percent.has_value()) entry["percent"] = *event.percent;
      entry["facts"] = event.facts;
      break;
    case HistoryEvent::Kind::kHeartbeat:
    case HistoryEvent::Kind::kNothing:
      break;
  }
  entry["fresh"] = event.fresh;
  if (!event.has_token) entry["has_token"] = false;
  return entry;
}

HistoryEvent EventFromJson(const json& entry) {
  HistoryEvent event;
  const auto kind = entry.at("kind").get<std::string>();
  bool known = false;
  for (size_t i = 0; i < kKinds.size(); ++i) {
    if (kind != kKinds[i]) continue;
    event.kind = static_cast<HistoryEvent::Kind>(i);
    known = true;
  }
  if (!known) throw std::invalid_argument(absl::StrCat("kind of an event: ", kind));
  event.at = Time(entry.at("at_ms").get<double>());
  event.resumed = entry.value("resumed", false);
  event.code = entry.value("code", 0);
  event.has_token = entry.value("has_token", true);
  event.fresh = entry.value("fresh", true);
  event.epoch = entry.value("epoch", uint64_t{0});
  event.sequence = entry.value("sequence", uint64_t{0});
  event.terminal = entry.value("terminal", false);
  if (entry.contains("done")) event.done = entry.at("done").get<int64_t>();
  if (entry.contains("percent")) event.percent = entry.at("percent").get<double>();
  event.facts = entry.value("facts", uint64_t{0});
  return event;
}

}  // namespace

ordered_json ToJson(const HistoryDocument& document) {
  ordered_json json = {{"about", document.about},
                       {"finds", document.finds},
                       {"late_after_ms", absl::ToDoubleMilliseconds(document.rules.late_after)}};
  if (document.rules.closed != absl::InfiniteFuture()) {
    json["closed_ms"] = Millis(document.rules.closed);
  }
  json["events"] = ordered_json::array();
  for (const HistoryEvent& event : document.events) json["events"].push_back(EventToJson(event));
  json["served"] = ordered_json::array();
  for (const ServedAnswer& answer : document.served) {
    ordered_json entry = {{"received_ms", Millis(answer.received)},
                          {"answered_ms", Millis(answer.answered)},
                          {"terminal", answer.terminal},
                          {"done", answer.done}};
    if (answer.faulty) entry["faulty"] = true;
    json["served"].push_back(std::move(entry));
  }
  return json;
}

HistoryDocument HistoryFromJson(const json& json) {
  HistoryDocument document;
  document.about = json.value("about", "");
  document.finds = json.value("finds", std::vector<std::string>());
  document.rules.late_after = absl::Milliseconds(json.value("late_after_ms", 2000.0));
  if (json.contains("closed_ms")) document.rules.closed = Time(json.at("closed_ms").get<double>());
  for (const auto& event : json.at("events")) document.events.push_back(EventFromJson(event));
  if (json.contains("served")) {
    for (const auto& answer : json.at("served")) {
      document.served.push_back({.received = Time(answer.at("received_ms").get<double>()),
                                 .answered = Time(answer.at("answered_ms").get<double>()),
                                 .terminal = answer.value("terminal", false),
                                 .done = answer.value("done", int64_t{0}),
                                 .faulty = answer.value("faulty", false)});
    }
  }
  return document;
}

std::vector<Finding> Check(const HistoryDocument& document) {
  std::vector<Finding> findings = CheckContract(document.events);
  if (document.served.empty()) return findings;
  for (Finding& finding : CheckDelivery(document.events, document.served, document.rules)) {
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace runcast::history
