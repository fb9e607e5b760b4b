// HTTP over libcurl, on kept HTTP/1.1 connections.

#ifndef RUNCAST_GATEWAY_HTTP_CURL_CLIENT_H_
#define RUNCAST_GATEWAY_HTTP_CURL_CLIENT_H_

#include <curl/curl.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gateway/base/clock.h"
#include "gateway/base/event_loop.h"
#include "gateway/http/curl_exchange.h"
#include "gateway/http/curl_options.h"
#include "gateway/http/curl_sockets.h"
#include "gateway/http/http_client.h"

namespace runcast::http {

// No redirects, proxies, cookies, user names or netrc; the server's certificate is always
// checked. Curl's debug text is never asked for, because it holds the request headers.
//
// At most `max_connections` requests are with curl; more wait here in line, because curl
// forgets the time-outs of those that wait with it.
//
// Threads: the loop's only; name resolution runs on threads of curl's own.
// Lifetime: `loop` outlives this object. It may be destroyed inside a `Done`, not inside an
//   `OnSend`. The destructor waits for nothing.
// Errors: the table in http_client.h.
class CurlClient final : public HttpClient {
 public:
  using Options = CurlOptions;

  CurlClient(base::EventLoop& loop, Options options);
  ~CurlClient() override;

  void Get(HttpRequest request, OnSend on_send, Done done) override;

 private:
  struct WaitingRequest {
    HttpRequest request;
    std::string origin;
    OnSend on_send;
    Done done;
    base::MonotonicTime deadline;
  };
  struct FailedRequest {
    Done done;
    absl::Status failure;
  };

  // Requests.
  void Start(WaitingRequest waiting, base::MonotonicTime now);
  void Queue(WaitingRequest waiting);
  void StartWaiting();
  void FailLater(Done done, absl::Status failure);
  void FailOverdue();
  void SetQueueTimer();
  void OnQueueTimer();

  // Curl.
  void OnCurlTimeout(long milliseconds);
  void OnCurlTimer();
  void Drive(curl_socket_t fd, int events);
  void DeliverResults();
  std::unique_ptr<CurlExchange> Release(CurlExchange& exchange);
  void KeepIdle(std::unique_ptr<CurlExchange> exchange);

  base::EventLoop& loop_;
  const Options options_;
  const AddressRule addresses_;
  CurlSockets sockets_;

  const std::unique_ptr<base::Timer> curl_timer_;
  base::MonotonicTime curl_due_ = base::MonotonicTime::InfiniteFuture();
  base::MonotonicTime curl_timer_set_ = base::MonotonicTime::InfiniteFuture();

  std::deque<WaitingRequest> waiting_;  // In order of deadline.
  std::vector<FailedRequest> failed_;
  const std::unique_ptr<base::Timer> queue_timer_;

  CURLM* const multi_;
  std::vector<std::unique_ptr<CurlExchange>> active_;  // In the multi handle.
  std::vector<std::unique_ptr<CurlExchange>> idle_;    // In none.
  bool inside_curl_ = false;
  bool* destroyed_ = nullptr;  // Where a delivery in progress looks for our end.
};

}  // namespace runcast::http

#endif  // RUNCAST_GATEWAY_HTTP_CURL_CLIENT_H_
