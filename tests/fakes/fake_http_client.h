// An HTTP client without a network: the test says what comes back.

#ifndef RUNCAST_TESTS_FAKES_FAKE_HTTP_CLIENT_H_
#define RUNCAST_TESTS_FAKES_FAKE_HTTP_CLIENT_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/base/event_loop.h"
#include "gateway/http/http_client.h"

namespace runcast::fakes {

// Keeps the promises of HttpClient: callbacks run on the loop, never before `Get` returned;
// `on_send` comes before the answer; destroying it calls nobody.
//
// A request without a scripted answer waits until `AnswerOldest`, or until its deadline: a server
// that hangs.
// Threads: the loop's only. Lifetime: `loop` outlives this object.
class FakeHttpClient final : public http::HttpClient {
 public:
  struct Answer {
    absl::StatusOr<http::HttpResponse> response;
    // How often the request goes out: 2 plays a kept connection that turned out dead, 0 a
    // request that fails before anything is sent.
    int sends = 1;
    absl::Duration delay;
  };

  explicit FakeHttpClient(base::EventLoop& loop);
  ~FakeHttpClient() override;

  void Get(http::HttpRequest request, OnSend on_send, Done done) override;

  // Adds what the next request without an answer gets; requests take them in order.
  void Script(Answer answer);
  // The same with a status and a JSON body.
  void Script(int status, std::string body);

  // Ends the oldest request that still waits. There must be one.
  void AnswerOldest(absl::StatusOr<http::HttpResponse> response);

  // Every request ever made, in order, tokens included.
  const std::vector<http::HttpRequest>& requests() const { return requests_; }
  // Sends that `on_send` allowed.
  int sends() const { return sends_; }
  // Requests that were sent and wait for `AnswerOldest`.
  size_t waiting() const { return waiting_.size(); }

 private:
  struct Exchange;

  void Start(const std::shared_ptr<Exchange>& exchange);
  void Finish(const std::shared_ptr<Exchange>& exchange,
              absl::StatusOr<http::HttpResponse> response);
  void FinishAt(base::MonotonicTime due, const std::shared_ptr<Exchange>& exchange,
                absl::StatusOr<http::HttpResponse> response);

  base::EventLoop& loop_;
  // Gone when this object is: what was posted before looks here first.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::vector<http::HttpRequest> requests_;
  std::deque<Answer> script_;
  std::deque<std::shared_ptr<Exchange>> waiting_;
  std::vector<std::shared_ptr<Exchange>> timed_;  // End at a time; some of them wait, too.
  int sends_ = 0;
};

// A response with a JSON body.
http::HttpResponse JsonResponse(int status, std::string body);

}  // namespace runcast::fakes

#endif  // RUNCAST_TESTS_FAKES_FAKE_HTTP_CLIENT_H_
