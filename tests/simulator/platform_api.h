// The public API of the simulated platform: one request in, one answer plan out.
//
// Order: route and method (404, 405) · token is read and its jti counted · both windows are counted
// · a fault that strikes makes the answer · token refused (401) · rate refused · suite, run (400) ·
// the documented body.
// Every request of a known call counts in its window, refused ones too.
//
// Threads: the event loop only. Lifetime: `platform` outlives it.

#ifndef RUNCAST_TESTS_SIMULATOR_PLATFORM_API_H_
#define RUNCAST_TESTS_SIMULATOR_PLATFORM_API_H_

#include <string>

#include "tests/simulator/http_answer.h"
#include "tests/simulator/http_request.h"
#include "tests/simulator/platform.h"

namespace runcast::simulator {

class PlatformApi {
 public:
  explicit PlatformApi(Platform& platform) : platform_(platform) {}

  WirePlan Handle(const HttpRequest& request);

  // Base of report links when `file_url_base` is empty.
  void set_own_address(std::string address) { own_address_ = std::move(address); }

 private:
  HttpAnswer AnswerFor(const HttpRequest& request, const Route& route, const TokenVerdict& verdict,
                       CallWindows::Verdict windows, int64_t back_ms, LoggedRequest* entry);
  HttpAnswer Refusal(CallWindows::Verdict windows) const;
  HttpAnswer Status(const Route& route, int64_t back_ms, LoggedRequest* entry);
  HttpAnswer Run(const HttpRequest& request, const Route& route);
  HttpAnswer ListSuites(const Route& route);
  HttpAnswer ImportSuite(const HttpRequest& request, const Route& route);
  HttpAnswer ExportSuite(const Route& route);
  HttpAnswer DeleteSuite(const Route& route);
  HttpAnswer DeleteRun(const Route& route);
  HttpAnswer Report(const Route& route) const;

  bool SuiteExists(const Route& route) const;
  HttpAnswer SuiteNotFound() const;
  HttpAnswer RunNotFound() const;
  std::string ReportBase() const;

  Platform& platform_;
  std::string own_address_;
  uint64_t link_nonce_ = 0;
};

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_PLATFORM_API_H_
