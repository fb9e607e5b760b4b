#include "tests/fakes/fake_http_client.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace runcast::fakes {

struct FakeHttpClient::Exchange {
  OnSend on_send;
  Done done;
  base::MonotonicTime deadline;
  Answer answer;
  std::unique_ptr<base::Timer> timer;
};

FakeHttpClient::FakeHttpClient(base::EventLoop& loop) : loop_(loop) {}

FakeHttpClient::~FakeHttpClient() = default;

void FakeHttpClient::Get(http::HttpRequest request, OnSend on_send, Done done) {
  auto exchange = std::make_shared<Exchange>();
  exchange->deadline = request.deadline;
  requests_.push_back(std::move(request));
  exchange->on_send = std::move(on_send);
  exchange->done = std::move(done);
  loop_.Post([this, alive = std::weak_ptr<bool>(alive_), exchange = std::move(exchange)] {
    if (alive.lock() != nullptr) Start(exchange);
  });
}

void FakeHttpClient::Start(const std::shared_ptr<Exchange>& exchange) {
  const bool scripted = !script_.empty();
  if (scripted) {
    exchange->answer = std::move(script_.front());
    script_.pop_front();
  }
  for (int send = 1; send <= exchange->answer.sends; ++send) {
    if (!exchange->on_send(send)) {
      return Finish(exchange, absl::AbortedError("GET from the fake: the send was refused"));
    }
    ++sends_;
  }
  if (scripted && exchange->answer.delay <= absl::ZeroDuration()) {
    return Finish(exchange, std::move(exchange->answer.response));
  }
  if (!scripted) waiting_.push_back(exchange);
  const base::MonotonicTime due = loop_.clock().Now() + exchange->answer.delay;
  if (scripted && due <= exchange->deadline) {
    return FinishAt(due, exchange, std::move(exchange->answer.response));
  }
  if (exchange->deadline == base::MonotonicTime::InfiniteFuture()) return;
  FinishAt(exchange->deadline, exchange,
           absl::DeadlineExceededError("GET from the fake: no answer in time"));
}

void FakeHttpClient::FinishAt(base::MonotonicTime due, const std::shared_ptr<Exchange>& exchange,
                              absl::StatusOr<http::HttpResponse> response) {
  timed_.push_back(exchange);
  exchange->answer.response = std::move(response);
  exchange->timer = loop_.NewTimer([this, ended = exchange.get()] {
    std::erase_if(waiting_, [&](const auto& waiting) { return waiting.get() == ended; });
    const auto found = std::find_if(timed_.begin(), timed_.end(),
                                    [&](const auto& timed) { return timed.get() == ended; });
    const std::shared_ptr<Exchange> kept = std::move(*found);
    timed_.erase(found);
    Finish(kept, std::move(kept->answer.response));
  });
  exchange->timer->Set(due);
}

void FakeHttpClient::Finish(const std::shared_ptr<Exchange>& exchange,
                            absl::StatusOr<http::HttpResponse> response) {
  Done done = std::move(exchange->done);
  done(std::move(response));
}

void FakeHttpClient::Script(Answer answer) { script_.push_back(std::move(answer)); }

void FakeHttpClient::Script(int status, std::string body) {
  Script(Answer{.response = JsonResponse(status, std::move(body)), .sends = 1, .delay = {}});
}

void FakeHttpClient::AnswerOldest(absl::StatusOr<http::HttpResponse> response) {
  if (waiting_.empty()) {
    std::fprintf(stderr, "FakeHttpClient: no request waits for an answer\n");
    std::abort();
  }
  const std::shared_ptr<Exchange> exchange = std::move(waiting_.front());
  waiting_.pop_front();
  std::erase(timed_, exchange);
  exchange->timer.reset();
  Finish(exchange, std::move(response));
}

http::HttpResponse JsonResponse(int status, std::string body) {
  http::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  response.content_type = "application/json";
  return response;
}

}  // namespace runcast::fakes
