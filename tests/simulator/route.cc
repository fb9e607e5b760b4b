#include "tests/simulator/route.h"

#include <vector>

#include "tests/simulator/http_request.h"

namespace runcast::simulator {
namespace {

std::vector<std::string_view> Segments(std::string_view path) {
  std::vector<std::string_view> segments;
  segments.reserve(8);
  while (!path.empty() && path.front() == '/') {
    path.remove_prefix(1);
    const size_t end = path.find('/');
    segments.push_back(path.substr(0, end));
    path = end == std::string_view::npos ? std::string_view() : path.substr(end);
  }
  return segments;
}

Route& Allow(Route& route, Call call, bool allowed) {
  route.call = call;
  route.method_allowed = allowed;
  return route;
}

}  // namespace

const char* NameOf(Call call) {
  switch (call) {
    case Call::kUnknown:
      return "unknown";
    case Call::kStatus:
      return "status";
    case Call::kRun:
      return "run";
    case Call::kListSuites:
      return "list";
    case Call::kImportSuite:
      return "import";
    case Call::kExportSuite:
      return "export";
    case Call::kDeleteSuite:
      return "delete_suite";
    case Call::kDeleteRun:
      return "delete_run";
    case Call::kReport:
      return "report";
  }
  return "unknown";
}

Route RouteOf(std::string_view method, std::string_view target) {
  Route route;
  const size_t question = target.find('?');
  if (question != std::string_view::npos) route.query = target.substr(question + 1);
  const std::string_view path = target.substr(0, question);

  if (path.starts_with("/api/getMediaStream/media/")) {
    return Allow(route, Call::kReport, method == "GET");
  }
  std::string_view rest;
  for (const std::string_view prefix : {"/api/public", "/api/1.1/public"}) {
    if (path.starts_with(prefix)) rest = path.substr(prefix.size());
  }
  const std::vector<std::string_view> part = Segments(rest);
  if (part.size() < 3 || (part[0] != "bot" && part[0] != "stream") || part[1].empty() ||
      part[2] != "testsuite") {
    return route;
  }
  route.stream = PercentDecode(part[1]);
  if (part.size() >= 4) route.suite = PercentDecode(part[3]);
  if (part.size() >= 5) route.run = PercentDecode(part[4]);

  switch (part.size()) {
    case 3:
      return Allow(route, Call::kListSuites, method == "GET");
    case 4:
      if (part[3] == "import" && method == "POST") return Allow(route, Call::kImportSuite, true);
      return Allow(route, Call::kDeleteSuite, method == "DELETE");
    case 5:
      if (method == "DELETE") return Allow(route, Call::kDeleteRun, true);
      if (part[4] == "run") return Allow(route, Call::kRun, method == "POST");
      if (part[4] == "export") return Allow(route, Call::kExportSuite, method == "POST");
      return Allow(route, Call::kDeleteRun, false);
    case 6:
      if (part[5] == "status") return Allow(route, Call::kStatus, method == "GET");
      return route;
    default:
      return route;
  }
}

}  // namespace runcast::simulator
