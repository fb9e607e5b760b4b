// Which call of the public API a method and path mean (upstream reference, section 2). Pure.
//
// Prefixes /api/public and /api/1.1/public; `bot` and `stream` are both taken for every call.

#ifndef RUNCAST_TESTS_SIMULATOR_ROUTE_H_
#define RUNCAST_TESTS_SIMULATOR_ROUTE_H_

#include <string>
#include <string_view>

namespace runcast::simulator {

enum class Call {
  kUnknown,
  kStatus,
  kRun,
  kListSuites,
  kImportSuite,
  kExportSuite,
  kDeleteSuite,
  kDeleteRun,
  kReport,  // the file behind a report link
};

// "status", "run", "list", "import", "export", "delete_suite", "delete_run", "report", "unknown".
const char* NameOf(Call call);

struct Route {
  Call call = Call::kUnknown;
  bool method_allowed = true;  // false: the path is known, the method is not
  // Percent-decoded.
  std::string stream;
  std::string suite;
  std::string run;
  std::string_view query;  // without '?'
};

Route RouteOf(std::string_view method, std::string_view target);

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_ROUTE_H_
