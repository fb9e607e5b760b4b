#include "tests/simulator/platform_api.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "tests/simulator/fault_delivery.h"
#include "tests/simulator/run_body.h"

namespace runcast::simulator {
namespace {

HttpAnswer Error(int status, std::string_view msg, int code) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = ErrorBody(msg, code);
  return answer;
}

HttpAnswer Good(const Json& body) {
  HttpAnswer answer;
  answer.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return answer;
}

Scope ScopeOf(Call call) {
  return call == Call::kStatus || call == Call::kRun ? Scope::kExecution : Scope::kManagement;
}

// Nothing of these reaches a client as an answer with a status.
bool NeverAnswers(const Fault& fault) {
  if (fault.kind == "drop_reused") return true;
  if (fault.kind == "cut") return fault.at == "start";
  return fault.kind == "hang" && fault.hang_ms <= 0 && (fault.at.empty() || fault.at == "start");
}

}  // namespace

WirePlan PlatformApi::Handle(const HttpRequest& request) {
  const Route route = RouteOf(request.method, request.target);
  const int64_t now = request.received_monotonic_nanos;
  const bool counted =
      route.call != Call::kUnknown && route.call != Call::kReport && route.method_allowed;
  TokenVerdict verdict;
  if (counted) {
    verdict =
        platform_.tokens.Check(request.Header("auth"), request.HasHeader("auth"), route.stream,
                               ScopeOf(route.call), platform_.clock.NowMillis());
  }
  const CallWindows::Verdict windows = platform_.accounts.Count(route, now);
  const Fault* fault = platform_.faults.Strike(route, request.request_of_connection > 1, now);

  LoggedRequest* entry = platform_.log.Add(request, route);
  if (entry != nullptr) {
    entry->token = verdict.token;
    entry->replay = verdict.replay;
    entry->violation = windows != CallWindows::Verdict::kWithin;
    if (fault != nullptr) entry->fault = fault->kind;
  }

  HttpAnswer answer =
      AnswerFor(request, route, verdict, windows, fault != nullptr ? fault->back_ms : 0, entry);
  const std::string& date = platform_.clock.HttpDate();
  WirePlan plan;
  int status = answer.status;
  if (fault != nullptr) {
    answer = Distort(*fault, std::move(answer));
    status = NeverAnswers(*fault) ? 0 : answer.status;
    plan = Deliver(*fault, answer, date, request.keep_alive);
  } else {
    plan = WholeAnswer(answer, date, request.keep_alive);
  }
  if (platform_.settings.latency_ms > 0) {
    plan.steps.insert(plan.steps.begin(),
                      {WireStep::Kind::kWait, {}, platform_.settings.latency_ms});
  }
  platform_.accounts.CountAnswer(status);
  if (entry != nullptr) {
    entry->status = status;
    if (status != 0) {
      plan.sent = [this, seq = entry->seq] { platform_.log.MarkAnswered(seq, MonotonicNanos()); };
    }
  }
  return plan;
}

HttpAnswer PlatformApi::AnswerFor(const HttpRequest& request, const Route& route,
                                  const TokenVerdict& verdict, CallWindows::Verdict windows,
                                  int64_t back_ms, LoggedRequest* entry) {
  if (route.call == Call::kUnknown) return Error(404, "Not Found", 404);
  if (!route.method_allowed) return Error(405, "Method Not Allowed", 405);
  if (route.call == Call::kReport) return Report(route);
  if (!verdict.accepted) return Error(401, verdict.msg, verdict.code);
  if (windows != CallWindows::Verdict::kWithin) return Refusal(windows);
  switch (route.call) {
    case Call::kStatus:
      return Status(route, back_ms, entry);
    case Call::kRun:
      return Run(request, route);
    case Call::kListSuites:
      return ListSuites(route);
    case Call::kImportSuite:
      return ImportSuite(request, route);
    case Call::kExportSuite:
      return ExportSuite(route);
    case Call::kDeleteSuite:
      return DeleteSuite(route);
    case Call::kDeleteRun:
      return DeleteRun(route);
    case Call::kReport:
    case Call::kUnknown:
      break;
  }
  return Error(404, "Not Found", 404);
}

HttpAnswer PlatformApi::Refusal(CallWindows::Verdict windows) const {
  const Settings& settings = platform_.settings;
  const int status = static_cast<int>(settings.rate_status);
  HttpAnswer answer =
      Error(status,
            windows == CallWindows::Verdict::kMinuteExceeded ? settings.rate_minute_text
                                                             : settings.rate_hour_text,
            status);
  if (settings.rate_retry_after_s >= 0) {
    answer.headers.emplace_back("Retry-After", std::to_string(settings.rate_retry_after_s));
  }
  return answer;
}

bool PlatformApi::SuiteExists(const Route& route) const {
  return platform_.runs.FindSuite(route.stream, route.suite) != nullptr ||
         (!route.suite.empty() && platform_.apps.AnySuite(route.stream));
}

HttpAnswer PlatformApi::SuiteNotFound() const {
  const int status = static_cast<int>(platform_.settings.suite_not_found_status);
  return Error(status, "Test Suite not found", status);
}

HttpAnswer PlatformApi::RunNotFound() const {
  const int status = static_cast<int>(platform_.settings.run_not_found_status);
  return Error(status, "Test Result not found.", status);
}

std::string PlatformApi::ReportBase() const {
  return platform_.settings.file_url_base.empty() ? own_address_ : platform_.settings.file_url_base;
}

HttpAnswer PlatformApi::Status(const Route& route, int64_t back_ms, LoggedRequest* entry) {
  if (!SuiteExists(route)) return SuiteNotFound();
  RunScript* run = platform_.runs.FindRun(route.run);
  if (run == nullptr && platform_.auto_run.is_object() && !route.run.empty()) {
    Json spec = platform_.auto_run;
    spec["run_id"] = route.run;
    spec["stream"] = route.stream;
    spec["suite"] = route.suite;
    run = &platform_.runs.StartRun(spec, MonotonicNanos(), platform_.clock.NowMillis());
  }
  if (run == nullptr || run->stream != route.stream || run->suite != route.suite) {
    return RunNotFound();
  }
  const int64_t now = MonotonicNanos();
  if (run->stamp == "every" || (run->stamp == "once" && run->stamped_nanos == 0)) {
    run->stamped_nanos = now;
  }
  const double elapsed = run->ElapsedMs(now);
  RunMoment moment = run->MomentAt(elapsed);
  if (!moment.visible) return RunNotFound();
  if (back_ms > 0) moment = run->MomentAt(std::max(0.0, elapsed - static_cast<double>(back_ms)));
  if (entry != nullptr) {
    entry->state = moment.status;
    entry->percentage = moment.percentage;
    entry->ran = moment.ran;
  }
  if (run->raw_body) {
    HttpAnswer raw;
    raw.body = *run->raw_body;
    raw.content_type = run->raw_content_type;
    return raw;
  }
  return Good(StatusBody(*run, moment, platform_.clock.NowMillis(), ReportBase(), ++link_nonce_));
}

HttpAnswer PlatformApi::Run(const HttpRequest& request, const Route& route) {
  if (!SuiteExists(route)) return SuiteNotFound();
  const Json body = Json::parse(request.body, nullptr, false);
  const auto text = [&](const char* name) {
    const auto member = body.find(name);
    return member != body.end() && member->is_string() ? member->get<std::string>() : "";
  };
  const bool engine_fine =
      body.is_object() && (!body.contains("engine") || body["engine"] == "" ||
                           body["engine"] == "dgpt" || body["engine"] == "regression");
  if (!body.is_object() || !engine_fine ||
      (text("version") != "inDevelopment" && text("version") != "published")) {
    return Error(412, "Validation errors/ Invalid arguments", 412);
  }
  Json spec = platform_.run_template;
  if (const Suite* suite = platform_.runs.FindSuite(route.stream, route.suite)) {
    spec.merge_patch(suite->run_template);
  }
  // A fixed run id in a template serves the first run only.
  if (spec.contains("run_id") && platform_.runs.FindRun(spec["run_id"].get<std::string>())) {
    spec.erase("run_id");
  }
  spec["stream"] = route.stream;
  spec["suite"] = route.suite;
  spec["run_type"] = text("version");
  if (request.HasHeader("bot-language")) spec["language"] = request.Header("bot-language");
  const RunScript& run =
      platform_.runs.StartRun(spec, MonotonicNanos(), platform_.clock.NowMillis());
  return Good({{"status", "accepted"}, {"requestId", run.run_id}});
}

HttpAnswer PlatformApi::ListSuites(const Route& route) {
  const std::vector<const Suite*> suites = platform_.runs.SuitesOf(route.stream);
  const std::string skip_text = QueryParameter(route.query, "skip");
  const std::string limit_text = QueryParameter(route.query, "limit");
  const size_t skip = std::strtoul(skip_text.c_str(), nullptr, 10);
  const size_t limit =
      limit_text.empty() ? suites.size() : std::strtoul(limit_text.c_str(), nullptr, 10);
  Json body = {{"count", suites.size()}, {"moreAvailable", skip + limit < suites.size()}};
  const int64_t now = MonotonicNanos();
  for (size_t i = skip; i < suites.size() && i < skip + limit; ++i) {
    const Suite& suite = *suites[i];
    Json member = {{"testSuiteType", suite.type}, {"name", suite.name}};
    if (!suite.description.empty()) member["description"] = suite.description;
    Json& results = member["results"] = Json::array();
    for (const RunScript* run : platform_.runs.RunsOf(route.stream, suite.name)) {
      results.push_back(ListedRun(*run, run->MomentAt(run->ElapsedMs(now))));
    }
    body[suite.listed_as] = std::move(member);
  }
  return Good(body);
}

HttpAnswer PlatformApi::ImportSuite(const HttpRequest& request, const Route& route) {
  const Json body = Json::parse(request.body, nullptr, false);
  if (!body.is_object() || !body.contains("name") || !body["name"].is_string() ||
      body["name"] == "" || !body.contains("fileName")) {
    return Error(412, "Validation errors/ Invalid arguments", 412);
  }
  const Json description = body.value("description", Json(""));
  const Suite& suite =
      platform_.runs.PutSuite({{"stream", route.stream},
                               {"name", body["name"]},
                               {"description", description.is_string() ? description : Json("")}});
  return Good({{"_id", suite.id},
               {"streamId", route.stream},
               {"name", suite.name},
               {"description", suite.description},
               {"testSuiteType", suite.type}});
}

HttpAnswer PlatformApi::ExportSuite(const Route& route) {
  const Suite* suite = platform_.runs.FindSuite(route.stream, route.suite);
  if (suite == nullptr) return SuiteNotFound();
  return Good({{"downloadUrl", ReportBase() + "/api/getMediaStream/media/f-" + suite->id + ".csv"},
               {"name", suite->name},
               {"description", suite->description}});
}

HttpAnswer PlatformApi::DeleteSuite(const Route& route) {
  if (!platform_.runs.RemoveSuite(route.stream, route.suite)) return SuiteNotFound();
  return Good({{"message", "Test suite deleted successfully"}});
}

HttpAnswer PlatformApi::DeleteRun(const Route& route) {
  if (!SuiteExists(route)) return SuiteNotFound();
  const RunScript* run = platform_.runs.FindRun(route.run);
  if (run == nullptr || run->stream != route.stream || run->suite != route.suite) {
    return RunNotFound();
  }
  platform_.runs.RemoveRun(route.run);
  return Good({{"message", "Test suite execution deleted successfully"}});
}

HttpAnswer PlatformApi::Report(const Route& route) const {
  const std::string expiry = QueryParameter(route.query, "e");
  if (!expiry.empty() &&
      std::strtoll(expiry.c_str(), nullptr, 10) * 1'000 < platform_.clock.NowMillis()) {
    return Error(403, "Link expired", 403);
  }
  HttpAnswer answer;
  answer.content_type = "text/csv";
  answer.body = "Utterances,Expected Intent,Matched Intent,Result\nhello,greet,greet,TP\n";
  return answer;
}

}  // namespace runcast::simulator
