#include "tests/simulator/run_store.h"

#include <array>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace runcast::simulator {

const Suite& RunStore::PutSuite(const Json& json) {
  Suite suite;
  std::string stream;
  for (const auto& [name, value] : json.items()) {
    if (name == "stream")
      value.get_to(stream);
    else if (name == "name")
      value.get_to(suite.name);
    else if (name == "id")
      value.get_to(suite.id);
    else if (name == "description")
      value.get_to(suite.description);
    else if (name == "type")
      value.get_to(suite.type);
    else if (name == "listed_as")
      value.get_to(suite.listed_as);
    else if (name == "run_template")
      suite.run_template = value;
    else
      throw std::invalid_argument("unknown member of a suite: " + name);
  }
  if (stream.empty() || suite.name.empty()) {
    throw std::invalid_argument("a suite needs stream and name");
  }
  if (suite.id.empty()) {
    // The id a run of this suite shows as testSuiteId.
    suite.id =
        RunScriptFromJson({{"run_id", "-"}, {"stream", stream}, {"suite", suite.name}}).suite_id;
  }
  if (suite.listed_as.empty()) suite.listed_as = suite.id;
  const std::string name = suite.name;
  return suites_[stream].insert_or_assign(name, std::move(suite)).first->second;
}

bool RunStore::RemoveSuite(std::string_view stream, std::string_view name) {
  const auto of_stream = suites_.find(stream);
  if (of_stream == suites_.end()) return false;
  const auto suite = of_stream->second.find(name);
  if (suite == of_stream->second.end()) return false;
  std::erase_if(runs_, [&](const auto& entry) {
    return entry.second->stream == stream && entry.second->suite == name;
  });
  of_stream->second.erase(suite);
  return true;
}

const Suite* RunStore::FindSuite(std::string_view stream, std::string_view name) const {
  const auto of_stream = suites_.find(stream);
  if (of_stream == suites_.end()) return nullptr;
  const auto suite = of_stream->second.find(name);
  return suite == of_stream->second.end() ? nullptr : &suite->second;
}

std::vector<const Suite*> RunStore::SuitesOf(std::string_view stream) const {
  std::vector<const Suite*> found;
  const auto of_stream = suites_.find(stream);
  if (of_stream == suites_.end()) return found;
  for (const auto& [name, suite] : of_stream->second) found.push_back(&suite);
  return found;
}

RunScript& RunStore::StartRun(Json spec, int64_t now_nanos, int64_t platform_millis) {
  if (!spec.contains("run_id")) spec["run_id"] = "tr-" + NewUuid();
  auto run = std::make_unique<RunScript>(RunScriptFromJson(spec));
  const auto ago = spec.value("started_ago_ms", int64_t{0});
  run->started_monotonic_nanos = now_nanos - ago * 1'000'000;
  run->started_wall_millis = platform_millis - ago;
  if (const Suite* suite = FindSuite(run->stream, run->suite)) {
    if (!spec.contains("suite_id")) run->suite_id = suite->id;
  } else {
    PutSuite({{"stream", run->stream}, {"name", run->suite}, {"id", run->suite_id}});
  }
  auto& slot = runs_[run->run_id];
  slot = std::move(run);
  return *slot;
}

const RunScript* RunStore::ChangeRun(const std::string& run_id, const Json& patch,
                                     int64_t now_nanos) {
  const auto found = runs_.find(run_id);
  if (found == runs_.end()) return nullptr;
  const RunScript& old = *found->second;
  Json spec = old.spec;
  spec.merge_patch(patch);
  const bool finish = spec.value("finish_now", false);
  spec.erase("finish_now");
  if (finish) {
    spec.erase("ran");
    spec.erase("per_utterance_ms");
    spec["duration_ms"] = old.ElapsedMs(now_nanos);
    if (spec.value("outcome", "") == "never") spec["outcome"] = "completed";
  }
  spec["run_id"] = run_id;
  auto changed = std::make_unique<RunScript>(RunScriptFromJson(spec));
  changed->started_monotonic_nanos = old.started_monotonic_nanos;
  changed->started_wall_millis = old.started_wall_millis;
  if (!spec.contains("suite_id")) changed->suite_id = old.suite_id;
  found->second = std::move(changed);
  return found->second.get();
}

bool RunStore::RemoveRun(const std::string& run_id) { return runs_.erase(run_id) > 0; }

RunScript* RunStore::FindRun(const std::string& run_id) {
  const auto found = runs_.find(run_id);
  return found == runs_.end() ? nullptr : found->second.get();
}

std::vector<const RunScript*> RunStore::RunsOf(std::string_view stream,
                                               std::string_view suite) const {
  std::vector<const RunScript*> found;
  for (const auto& [id, run] : runs_) {
    if (run->stream == stream && (suite.empty() || run->suite == suite)) found.push_back(run.get());
  }
  return found;
}

void RunStore::Clear() {
  suites_.clear();
  runs_.clear();
}

std::string RunStore::NewUuid() {
  const uint64_t high = random_();
  const uint64_t low = random_();
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%08x-%04x-4%03x-%04x-%012llx",
                static_cast<unsigned>(high >> 32), static_cast<unsigned>((high >> 16) & 0xffff),
                static_cast<unsigned>(high & 0xfff),
                static_cast<unsigned>(0x8000 | ((low >> 48) & 0x3fff)),
                static_cast<unsigned long long>(low & 0xffffffffffff));
  return text.data();
}

}  // namespace runcast::simulator
