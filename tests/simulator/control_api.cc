#include "tests/simulator/control_api.h"

#include <cstdlib>
#include <set>
#include <stdexcept>
#include <utility>

#include "tests/simulator/run_body.h"
#include "tests/simulator/tls_context.h"

namespace runcast::simulator {
namespace {

const Json kDone = {{"ok", true}};

// Thrown for a path or method that no call has.
struct NoSuchCall {};

uint64_t Number(const std::string& text, uint64_t otherwise) {
  return text.empty() ? otherwise : std::strtoull(text.c_str(), nullptr, 10);
}

const char* NameOf(HttpServer::AcceptMode mode) {
  switch (mode) {
    case HttpServer::AcceptMode::kServe:
      return "serve";
    case HttpServer::AcceptMode::kIgnore:
      return "ignore";
    case HttpServer::AcceptMode::kReset:
      return "reset";
    case HttpServer::AcceptMode::kRefuse:
      return "refuse";
  }
  return "serve";
}

}  // namespace

WirePlan ControlApi::Handle(const HttpRequest& request) {
  HttpAnswer answer;
  bool quitting = false;
  try {
    std::string_view path = request.target;
    Ask ask;
    ask.method = request.method;
    if (const size_t question = path.find('?'); question != std::string_view::npos) {
      ask.query = path.substr(question + 1);
      path = path.substr(0, question);
    }
    if (path.starts_with('/')) path.remove_prefix(1);
    const size_t slash = path.find('/');
    const std::string_view first = path.substr(0, slash);
    if (slash != std::string_view::npos) ask.rest = PercentDecode(path.substr(slash + 1));
    if (!request.body.empty()) ask.body = Json::parse(request.body);

    Json body;
    if (first == "apps")
      body = Apps(ask);
    else if (first == "suites")
      body = Suites(ask);
    else if (first == "runs")
      body = Runs(ask);
    else if (first == "faults")
      body = Faults(ask);
    else if (first == "settings")
      body = ChangeSettings(ask);
    else if (first == "defaults")
      body = Defaults(ask);
    else if (first == "scenario" && ask.method == "POST") {
      platform_.LoadScenario(ask.body);
      body = kDone;
    } else if (first == "connections")
      body = Connections(ask);
    else if (first == "listener")
      body = Listener(ask);
    else if (first == "tls")
      body = Tls(ask);
    else if (first == "requests")
      body = Requests(ask);
    else if (first == "stats")
      body = Stats(ask);
    else if (first == "reset")
      body = Reset(ask);
    else if (first == "quit" && ask.method == "POST") {
      quitting = true;
      body = kDone;
    } else
      throw NoSuchCall{};

    if (body.is_null()) {
      answer.status = 404;
      body = {{"error", "there is no such thing: " + ask.rest}};
    }
    answer.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  } catch (const NoSuchCall&) {
    answer.status = 404;
    answer.body = Json{{"error", "no such control call"}}.dump();
  } catch (const std::exception& error) {
    answer.status = 400;
    answer.body =
        Json{{"error", error.what()}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  WirePlan plan = WholeAnswer(answer, platform_.clock.HttpDate(), request.keep_alive);
  if (quitting) plan.sent = quit_;
  return plan;
}

Json ControlApi::Apps(const Ask& ask) {
  if (ask.method == "GET" && ask.rest.empty()) {
    Json list = Json::array();
    for (const auto& [id, app] : platform_.apps.all()) list.push_back(AppToJson(app));
    return list;
  }
  if (ask.method == "POST") {
    App app = AppFromJson(ask.body);
    Json shown = AppToJson(app);
    platform_.apps.Put(std::move(app));
    return shown;
  }
  const App* app = platform_.apps.Find(ask.rest);
  if (app == nullptr) return nullptr;
  if (ask.method == "GET") return AppToJson(*app);
  if (ask.method == "PATCH") {
    Json spec = app->spec;
    // The plural and the singular name the same thing.
    if (ask.body.contains("secret") || ask.body.contains("secrets")) {
      spec.erase("secret");
      spec.erase("secrets");
    }
    if (ask.body.contains("alg") || ask.body.contains("algs")) {
      spec.erase("alg");
      spec.erase("algs");
    }
    spec.merge_patch(ask.body);
    App changed = AppFromJson(spec);
    if (changed.client_id != ask.rest) throw std::invalid_argument("client_id cannot change");
    Json shown = AppToJson(changed);
    platform_.apps.Put(std::move(changed));
    return shown;
  }
  if (ask.method == "DELETE") {
    platform_.apps.Remove(ask.rest);
    return kDone;
  }
  throw NoSuchCall{};
}

Json ControlApi::Suites(const Ask& ask) {
  const std::string stream = QueryParameter(ask.query, "stream");
  const std::string name = QueryParameter(ask.query, "name");
  if (ask.method == "POST") {
    const Suite& suite = platform_.runs.PutSuite(ask.body);
    return {{"name", suite.name}, {"id", suite.id}};
  }
  if (ask.method == "GET") {
    Json list = Json::array();
    for (const Suite* suite : platform_.runs.SuitesOf(stream)) {
      list.push_back({{"name", suite->name}, {"id", suite->id}, {"type", suite->type}});
    }
    return list;
  }
  if (ask.method == "DELETE") {
    return platform_.runs.RemoveSuite(stream, name) ? kDone : Json();
  }
  throw NoSuchCall{};
}

Json ControlApi::ShowRun(const RunScript& run) const {
  const double elapsed = run.ElapsedMs(MonotonicNanos());
  const RunMoment moment = run.MomentAt(elapsed);
  return {{"run_id", run.run_id},
          {"stream", run.stream},
          {"suite", run.suite},
          {"suite_id", run.suite_id},
          {"elapsed_ms", elapsed},
          {"duration_ms", run.duration_ms},
          {"started_monotonic_ms", static_cast<double>(run.started_monotonic_nanos) / 1e6},
          {"visible", moment.visible},
          {"terminal", moment.terminal},
          {"status", moment.status},
          {"ran", moment.ran},
          {"percentage", moment.percentage},
          {"utterances", run.utterances},
          {"results", run.counts},
          {"script", run.spec}};
}

Json ControlApi::Runs(const Ask& ask) {
  if (ask.method == "POST" && ask.rest.empty()) {
    return {{"run_ids", platform_.StartRuns(ask.body)}};
  }
  if (ask.method == "GET" && ask.rest.empty()) {
    Json list = Json::array();
    const std::string stream = QueryParameter(ask.query, "stream");
    for (const RunScript* run : platform_.runs.RunsOf(stream, QueryParameter(ask.query, "suite"))) {
      list.push_back(ShowRun(*run));
    }
    return list;
  }
  if (ask.method == "GET") {
    const RunScript* run = platform_.runs.FindRun(ask.rest);
    return run == nullptr ? Json() : ShowRun(*run);
  }
  if (ask.method == "PATCH") {
    const RunScript* run = platform_.runs.ChangeRun(ask.rest, ask.body, MonotonicNanos());
    return run == nullptr ? Json() : ShowRun(*run);
  }
  if (ask.method == "DELETE") return platform_.runs.RemoveRun(ask.rest) ? kDone : Json();
  throw NoSuchCall{};
}

Json ControlApi::Faults(const Ask& ask) {
  if (ask.method == "POST") {
    Json ids = Json::array();
    const Json list = ask.body.is_array() ? ask.body : Json::array({ask.body});
    for (const Json& fault : list) {
      ids.push_back(platform_.faults.Add(fault, MonotonicNanos()).id);
    }
    return {{"ids", ids}};
  }
  if (ask.method == "GET") {
    Json list = Json::array();
    for (const Fault& fault : platform_.faults.all()) {
      list.push_back({{"id", fault.id}, {"hits", fault.hits}, {"fault", fault.spec}});
    }
    return list;
  }
  if (ask.method == "DELETE" && ask.rest.empty()) {
    platform_.faults.Clear();
    return kDone;
  }
  if (ask.method == "DELETE") return platform_.faults.Remove(Number(ask.rest, 0)) ? kDone : Json();
  throw NoSuchCall{};
}

Json ControlApi::ChangeSettings(const Ask& ask) {
  if (ask.method == "PUT" || ask.method == "PATCH" || ask.method == "POST") {
    platform_.ChangeSettings(ask.body);
  } else if (ask.method != "GET") {
    throw NoSuchCall{};
  }
  return platform_.settings.ToJson();
}

Json ControlApi::Defaults(const Ask& ask) {
  if (ask.method == "PUT") {
    for (const auto& [name, value] : ask.body.items()) {
      if (name == "run_template")
        platform_.run_template = value;
      else if (name == "auto_run")
        platform_.auto_run = value;
      else
        throw std::invalid_argument("unknown default: " + name);
    }
  } else if (ask.method != "GET") {
    throw NoSuchCall{};
  }
  return {{"run_template", platform_.run_template}, {"auto_run", platform_.auto_run}};
}

Json ControlApi::Connections(const Ask& ask) {
  if (ask.method == "DELETE") {
    const bool only_idle = QueryParameter(ask.query, "which") == "idle";
    const bool reset = QueryParameter(ask.query, "how") == "reset";
    return {{"closed", api_server_.CloseConnections(only_idle, reset)}};
  }
  if (ask.method != "GET") throw NoSuchCall{};
  const HttpServer::Counts& counts = api_server_.counts();
  return {{"opened", counts.opened},
          {"open", counts.open},
          {"peak", counts.peak},
          {"tls_handshakes", counts.handshakes}};
}

Json ControlApi::Listener(const Ask& ask) {
  if (ask.method == "PUT") {
    const auto wanted = ask.body.at("mode").get<std::string>();
    bool known = false;
    for (const auto mode : {HttpServer::AcceptMode::kServe, HttpServer::AcceptMode::kIgnore,
                            HttpServer::AcceptMode::kReset, HttpServer::AcceptMode::kRefuse}) {
      if (wanted != NameOf(mode)) continue;
      known = true;
      const std::string error = api_server_.SetAcceptMode(mode);
      if (!error.empty()) throw std::runtime_error(error);
    }
    if (!known) throw std::invalid_argument("mode: serve, ignore, reset or refuse");
  } else if (ask.method != "GET") {
    throw NoSuchCall{};
  }
  return {{"mode", NameOf(api_server_.accept_mode())}};
}

Json ControlApi::Tls(const Ask& ask) {
  if (ask.method != "PUT") throw NoSuchCall{};
  api_server_.UseTls(MakeTlsContext(ask.body.at("cert").get<std::string>(),
                                    ask.body.at("key").get<std::string>()));
  return kDone;
}

Json ControlApi::Requests(const Ask& ask) const {
  if (ask.method != "GET") throw NoSuchCall{};
  RequestLog::Filter filter;
  filter.run = QueryParameter(ask.query, "run");
  filter.stream = QueryParameter(ask.query, "stream");
  filter.call = QueryParameter(ask.query, "call");
  const std::string status = QueryParameter(ask.query, "status");
  if (!status.empty()) filter.status = std::atoi(status.c_str());
  filter.since = Number(QueryParameter(ask.query, "since"), 0);
  filter.limit = Number(QueryParameter(ask.query, "limit"), filter.limit);
  filter.newest = QueryParameter(ask.query, "newest") == "1";
  return platform_.log.ToJson(filter);
}

Json ControlApi::Stats(const Ask& ask) {
  if (ask.method != "GET") throw NoSuchCall{};
  Json stats = platform_.accounts.ToJson(
      QueryParameter(ask.query, "run"), QueryParameter(ask.query, "runs") != "0", MonotonicNanos());
  stats["token_replays"] = platform_.tokens.replays();
  stats["distinct_tokens"] = platform_.tokens.distinct_tokens();
  stats["fault_hits"] = platform_.faults.total_hits();
  const HttpServer::Counts& counts = api_server_.counts();
  stats["connections"] = {{"opened", counts.opened},
                          {"open", counts.open},
                          {"peak", counts.peak},
                          {"tls_handshakes", counts.handshakes}};
  stats["monotonic_ms"] = static_cast<double>(MonotonicNanos()) / 1e6;
  stats["platform_ms"] = platform_.clock.NowMillis();
  return stats;
}

Json ControlApi::Reset(const Ask& ask) {
  if (ask.method != "POST") throw NoSuchCall{};
  std::set<std::string> what = {"log", "counts", "faults", "tokens"};
  if (ask.body.is_object() && ask.body.contains("what")) {
    what = ask.body.at("what").get<std::set<std::string>>();
  }
  for (const std::string& name : what) {
    if (name == "log")
      platform_.log.Clear();
    else if (name == "counts") {
      platform_.accounts.Reset();
      platform_.faults.ResetHits();
    } else if (name == "faults")
      platform_.faults.Clear();
    else if (name == "tokens")
      platform_.tokens.Reset();
    else if (name == "runs")
      platform_.runs.Clear();
    else if (name == "apps")
      platform_.apps.Clear();
    else
      throw std::invalid_argument("unknown thing to reset: " + name);
  }
  return kDone;
}

}  // namespace runcast::simulator
