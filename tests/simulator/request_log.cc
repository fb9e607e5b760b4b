#include "tests/simulator/request_log.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "tests/simulator/platform_clock.h"

namespace runcast::simulator {
namespace {

Json HeadersToJson(std::string_view text) {
  Json headers = Json::object();
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const size_t colon = line.find(": ");
    headers[std::string(line.substr(0, colon))] = line.substr(colon + 2);
    text.remove_prefix(end + 1);
  }
  return headers;
}

Json EntryToJson(const LoggedRequest& entry) {
  Json json = {{"seq", entry.seq},
               {"monotonic_ms", static_cast<double>(entry.received_nanos) / 1e6},
               {"wall_ms", entry.received_wall_millis}};
  if (entry.answered_nanos != 0) {
    json["answered_monotonic_ms"] = static_cast<double>(entry.answered_nanos) / 1e6;
  }
  json["connection"] = entry.connection;
  json["request_of_connection"] = entry.request_of_connection;
  json["method"] = entry.method;
  json["path"] = entry.target;
  json["call"] = NameOf(entry.call);
  json["stream"] = entry.stream;
  json["suite"] = entry.suite;
  json["run"] = entry.run;
  json["headers"] = HeadersToJson(entry.headers);
  json["body_size"] = entry.body_size;
  if (entry.token) {
    json["token"] = {{"sha256", entry.token->sha256},
                     {"header", entry.token->jose_header},
                     {"claims", entry.token->claims}};
  } else {
    json["token"] = nullptr;
  }
  json["replay"] = entry.replay;
  json["violation"] = entry.violation;
  json["status"] = entry.status;
  if (!entry.state.empty()) json["state"] = entry.state;
  if (entry.percentage >= 0) json["percentage"] = entry.percentage;
  if (entry.ran >= 0) json["ran"] = entry.ran;
  if (!entry.fault.empty()) json["fault"] = entry.fault;
  return json;
}

}  // namespace

LoggedRequest* RequestLog::Add(const HttpRequest& request, const Route& route) {
  if (!settings_.log || settings_.log_capacity <= 0) return nullptr;
  while (entries_.size() >= static_cast<size_t>(settings_.log_capacity)) {
    entries_.pop_front();
    ++dropped_;
  }
  LoggedRequest& entry = entries_.emplace_back();
  entry.seq = ++last_seq_;
  entry.received_nanos = request.received_monotonic_nanos;
  entry.received_wall_millis = WallMillis();
  entry.connection = request.connection;
  entry.request_of_connection = request.request_of_connection;
  entry.method = request.method;
  entry.target = request.target;
  entry.headers.reserve(192);
  for (const auto& [name, value] : request.headers) {
    if (EqualsIgnoringCase(name, "auth")) continue;
    entry.headers.append(name).append(": ").append(value).append("\n");
  }
  entry.body_size = request.body.size();
  entry.call = route.call;
  entry.stream = route.stream;
  entry.suite = route.suite;
  entry.run = route.run;
  return &entry;
}

void RequestLog::MarkAnswered(uint64_t seq, int64_t now_nanos) {
  if (entries_.empty() || seq < entries_.front().seq) return;
  const size_t at = seq - entries_.front().seq;
  if (at < entries_.size()) entries_[at].answered_nanos = now_nanos;
}

Json RequestLog::ToJson(const Filter& filter) const {
  const auto matches = [&](const LoggedRequest& entry) {
    return (filter.run.empty() || entry.run == filter.run) &&
           (filter.stream.empty() || entry.stream == filter.stream) &&
           (filter.call.empty() || filter.call == NameOf(entry.call)) &&
           (filter.status < 0 || entry.status == filter.status) && entry.seq > filter.since;
  };
  std::vector<const LoggedRequest*> found;
  if (filter.newest) {
    for (auto it = entries_.rbegin(); it != entries_.rend() && found.size() < filter.limit; ++it) {
      if (matches(*it)) found.push_back(&*it);
    }
    std::reverse(found.begin(), found.end());
  } else {
    for (auto it = entries_.begin(); it != entries_.end() && found.size() < filter.limit; ++it) {
      if (matches(*it)) found.push_back(&*it);
    }
  }
  Json requests = Json::array();
  for (const LoggedRequest* entry : found) requests.push_back(EntryToJson(*entry));
  const bool full = found.size() >= filter.limit && !filter.newest;
  return {{"requests", std::move(requests)},
          {"next_since", full && !found.empty() ? found.back()->seq : last_seq_},
          {"dropped", dropped_}};
}

void RequestLog::Clear() {
  entries_.clear();
  dropped_ = 0;
}

}  // namespace runcast::simulator
