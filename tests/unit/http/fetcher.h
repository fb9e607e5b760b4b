// Runs a CurlClient on a real loop until its requests have ended.

#ifndef RUNCAST_TESTS_UNIT_HTTP_FETCHER_H_
#define RUNCAST_TESTS_UNIT_HTTP_FETCHER_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/base/clock.h"
#include "gateway/base/libevent_loop.h"
#include "gateway/http/curl_client.h"

namespace runcast::http {

struct Fetched {
  // DATA_LOSS when nothing came back within 20 s.
  absl::StatusOr<HttpResponse> response = absl::DataLossError("no answer within 20 s");
  std::vector<int> sends;  // The numbers that `on_send` was called with.
};

// Threads: the test's, which becomes the loop's inside each call.
class Fetcher {
 public:
  // May connect to this machine, where the servers of tests are, unless `strict`.
  explicit Fetcher(CurlClient::Options options, bool strict = false) {
    if (!strict) options.allowed_addresses = base::IpRange::Loopback();
    client_ = std::make_unique<CurlClient>(loop_, std::move(options));
  }

  base::LibeventLoop& loop() { return loop_; }
  CurlClient& client() { return *client_; }
  void DestroyClient() { client_.reset(); }

  // All at once; returns when all have ended.
  std::vector<Fetched> FetchAll(std::vector<HttpRequest> requests, int allowed_sends = 2) {
    std::vector<Fetched> all(requests.size());
    size_t left = requests.size();
    for (size_t i = 0; i < requests.size(); ++i) {
      client_->Get(
          std::move(requests[i]),
          [&all, i, allowed_sends](int number) {
            all[i].sends.push_back(number);
            return number <= allowed_sends;
          },
          [this, &all, &left, i](absl::StatusOr<HttpResponse> response) {
            all[i].response = std::move(response);
            if (--left == 0) loop_.Stop();
          });
    }
    Run(absl::Seconds(20));
    return all;
  }

  Fetched Fetch(HttpRequest request, int allowed_sends = 2) {
    std::vector<HttpRequest> one;
    one.push_back(std::move(request));
    return std::move(FetchAll(std::move(one), allowed_sends).front());
  }
  Fetched Fetch(std::string url, int allowed_sends = 2) {
    HttpRequest request;
    request.url = std::move(url);
    return Fetch(std::move(request), allowed_sends);
  }

  // Until somebody stops the loop, at most `limit`.
  void Run(absl::Duration limit) {
    const std::unique_ptr<base::Timer> watchdog = loop_.NewTimer([this] { loop_.Stop(); });
    watchdog->Set(clock_.Now() + limit);
    loop_.Run();
  }

  absl::Duration Since(base::MonotonicTime start) const { return clock_.Now() - start; }
  base::MonotonicTime Now() const { return clock_.Now(); }

 private:
  base::SystemClock clock_;
  base::LibeventLoop loop_{clock_};
  std::unique_ptr<CurlClient> client_;
};

}  // namespace runcast::http

#endif  // RUNCAST_TESTS_UNIT_HTTP_FETCHER_H_
