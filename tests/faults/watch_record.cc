#include "tests/faults/watch_record.h"

#include <charconv>
#include <fstream>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/history/history_document.h"

namespace runcast::faults {
namespace {

using history::MonotonicNow;
using nlohmann::ordered_json;

constexpr size_t kMostExamples = 5;

// "@T" and 16 hex digits of nanoseconds (tests/simulator/README.md, `stamp`).
std::optional<absl::Time> StampOf(const v1::RunStatus& status) {
  const std::string& text = status.triggered_by();
  if (text.size() != 18 || text.compare(0, 2, "@T") != 0) return std::nullopt;
  int64_t nanos = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), nanos, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return absl::FromUnixNanos(nanos);
}

double Seconds(absl::Duration duration) { return absl::ToDoubleSeconds(duration); }

}  // namespace

WatchRecord::WatchRecord(std::vector<std::string> runs) {
  for (std::string& run : runs) {
    Watcher watcher;
    watcher.run = std::move(run);
    watchers_.push_back(std::move(watcher));
  }
  Mark("start");
}

void WatchRecord::OnOpened(size_t index) {
  std::lock_guard lock(mutex_);
  Watcher& watcher = watchers_[index];
  watcher.history.OnOpened(MonotonicNow());
  watcher.open = true;
  watcher.messages_on_stream = watcher.statuses_on_stream = 0;
  ++sections_.back().opened;
}

void WatchRecord::OnOpenedAnew(size_t index) {
  std::lock_guard lock(mutex_);
  Watcher& watcher = watchers_[index];
  watcher.history.OnOpenedAnew(MonotonicNow());
  watcher.open = true;
  watcher.messages_on_stream = watcher.statuses_on_stream = 0;
  ++sections_.back().opened;
}

void WatchRecord::OnMessage(size_t index, v1::WatchRunResponse message) {
  const absl::Time now = MonotonicNow();
  std::lock_guard lock(mutex_);
  Watcher& watcher = watchers_[index];
  if (message.has_status()) NoteStatus(watcher, message.status(), now);
  if (message.has_heartbeat()) {
    ++sections_.back().heartbeats;
    NoteFreshness(watcher, message.heartbeat().freshness());
  }
  ++watcher.messages_on_stream;
  watcher.history.OnMessage(now, std::move(message));
  changed_.notify_all();
}

void WatchRecord::OnStatus(size_t index, const v1::RunStatus& status) {
  const absl::Time now = MonotonicNow();
  std::lock_guard lock(mutex_);
  Watcher& watcher = watchers_[index];
  NoteStatus(watcher, status, now);
  ++watcher.messages_on_stream;
  watcher.history.OnStatus(now, status);
  changed_.notify_all();
}

void WatchRecord::OnHeartbeat(size_t index, const v1::Heartbeat& heartbeat) {
  std::lock_guard lock(mutex_);
  ++sections_.back().heartbeats;
  ++watchers_[index].messages_on_stream;
  NoteFreshness(watchers_[index], heartbeat.freshness());
  changed_.notify_all();
}

void WatchRecord::OnEnded(size_t index, int code, const std::string& reason) {
  std::lock_guard lock(mutex_);
  watchers_[index].history.OnEnded(MonotonicNow(), {code, reason});
  watchers_[index].open = false;
  Section& section = sections_.back();
  auto& ends = watchers_[index].messages_on_stream > 0 ? section.ends : section.refused;
  ++ends[absl::StrCat(code, " ", reason.substr(0, 80))];
  changed_.notify_all();
}

void WatchRecord::NoteStatus(Watcher& watcher, const v1::RunStatus& status, absl::Time now) {
  Section& section = sections_.back();
  ++section.statuses;
  const auto stamp = StampOf(status);
  // A stale status repeats an old stamp, and so does the first of a stream.
  if (stamp.has_value() && watcher.statuses_on_stream > 0 &&
      status.freshness().state() == v1::Freshness::STATE_FRESH) {
    section.delays.Record(absl::ToInt64Nanoseconds(now - *stamp));
  }
  ++watcher.statuses_on_stream;
  watcher.renewed |= status.freshness().state() == v1::Freshness::STATE_FRESH;
  NoteFreshness(watcher, status.freshness());
}

void WatchRecord::NoteFreshness(Watcher& watcher, const v1::Freshness& freshness) {
  if (freshness.state() == v1::Freshness::STATE_STALE &&
      watcher.freshness.state() == v1::Freshness::STATE_FRESH) {
    ++sections_.back().news_of_staleness;
  }
  watcher.freshness = freshness;
}

std::string WatchRecord::TokenOf(size_t watcher) const {
  std::lock_guard lock(mutex_);
  return watchers_[watcher].history.resume_token();
}

void WatchRecord::Mark(const std::string& name) {
  std::lock_guard lock(mutex_);
  Section section;
  section.name = name;
  section.began = MonotonicNow();
  for (Watcher& watcher : watchers_) watcher.renewed = false;
  sections_.push_back(std::move(section));
}

bool WatchRecord::Is(const Watcher& watcher, const std::string& condition) {
  if (condition == "known") return watcher.history.newest().sequence() != 0;
  if (condition == "heard") return watcher.open && watcher.messages_on_stream > 0;
  if (condition == "renewed") return watcher.renewed;
  if (condition == "fresh") return watcher.freshness.state() == v1::Freshness::STATE_FRESH;
  if (condition == "stale") return watcher.freshness.state() == v1::Freshness::STATE_STALE;
  if (condition == "terminal") return watcher.history.SawTerminal();
  if (condition == "ended") return !watcher.open;
  throw std::invalid_argument(absl::StrCat("no condition: ", condition));
}

ordered_json WatchRecord::Wait(const std::string& condition, absl::Duration limit) {
  const absl::Time began = MonotonicNow();
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(limit);
  std::unique_lock lock(mutex_);
  const auto missing = [&] {
    int64_t count = 0;
    for (const Watcher& watcher : watchers_) count += !Is(watcher, condition);
    return count;
  };
  int64_t left = missing();
  // Not at each message: counting costs more than a message.
  while (left > 0 && std::chrono::steady_clock::now() < deadline) {
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    lock.lock();
    left = missing();
  }
  return {{"done", left == 0}, {"seconds", Seconds(MonotonicNow() - began)}, {"missing", left}};
}

ordered_json WatchRecord::State() const {
  std::lock_guard lock(mutex_);
  std::map<std::string, int64_t> counts = {
      {"open", 0}, {"terminal", 0}, {"fresh", 0}, {"stale", 0}};
  int64_t results = 0;
  std::map<std::string, int64_t> reasons;
  for (const Watcher& watcher : watchers_) {
    for (auto& [condition, count] : counts) {
      count += condition == "open" ? watcher.open : Is(watcher, condition);
    }
    results += watcher.history.newest().result().has_succeeded();
    if (!watcher.freshness.reason().empty()) ++reasons[watcher.freshness.reason()];
  }
  ordered_json json = counts;
  json["results"] = results;
  json["reasons"] = reasons;
  return json;
}

ordered_json WatchRecord::Sections() const {
  std::lock_guard lock(mutex_);
  ordered_json all = ordered_json::array();
  for (size_t i = 0; i < sections_.size(); ++i) {
    const Section& section = sections_[i];
    const absl::Time end = i + 1 < sections_.size() ? sections_[i + 1].began : MonotonicNow();
    all.push_back({{"name", section.name},
                   {"seconds", Seconds(end - section.began)},
                   {"updates", section.delays.count()},
                   {"p50_ms", section.delays.Percentile(50)},
                   {"p99_ms", section.delays.Percentile(99)},
                   {"statuses", section.statuses},
                   {"heartbeats", section.heartbeats},
                   {"opened", section.opened},
                   {"became_stale", section.news_of_staleness},
                   {"ends", section.ends},
                   {"refused", section.refused}});
  }
  return all;
}

ordered_json WatchRecord::Judge(const history::AnswersByRun& answers, absl::Duration late_after,
                                const std::string& bad_file) const {
  std::map<std::string, int64_t> counts;
  for (const char* name : history::Finding::kNames) counts[name] = 0;
  ordered_json examples = ordered_json::array();
  int64_t bad = 0;
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < watchers_.size(); ++i) {
    const Watcher& watcher = watchers_[i];
    history::HistoryDocument document;
    document.rules = {.late_after = late_after, .closed = MonotonicNow()};
    document.events = watcher.history.events();
    if (const auto found = answers.find(watcher.run); found != answers.end()) {
      document.served = found->second;
    }
    const auto findings = history::Check(document);
    if (findings.empty()) continue;
    std::set<std::string> names;
    for (const auto& finding : findings) {
      ++counts[finding.name()];
      names.insert(finding.name());
      if (examples.size() < kMostExamples) {
        examples.push_back(absl::StrCat("watcher ", i, ": ", finding.name(), ": ", finding.words));
      }
    }
    if (++bad > 1 || bad_file.empty()) continue;
    document.about = absl::StrCat("Recorded by fault-load: ", findings.front().words);
    document.finds.assign(names.begin(), names.end());
    std::ofstream(bad_file) << history::ToJson(document).dump(1) << "\n";
  }
  return {
      {"watchers", watchers_.size()}, {"bad", bad}, {"findings", counts}, {"examples", examples}};
}

}  // namespace runcast::faults
