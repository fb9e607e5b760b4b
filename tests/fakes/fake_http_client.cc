#include "tests/fakes/fake_http_client.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace runcast::fakes {

struct FakeHttpClient::Exchange {
  OnSend on_send;
  Done done;
  Answer answer;
  std::unique_ptr<base::Timer> timer;
};

FakeHttpClient::FakeHttpClient(base::EventLoop& loop) : loop_(loop) {}

FakeHttpClient::~FakeHttpClient() = default;

void FakeHttpClient::Get(http::HttpRequest request, OnSend on_send, Done done) {
  requests_.push_back(std::move(request));
  auto exchange = std::make_shared<Exchange>();
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
  if (!scripted) {
    waiting_.push_back(exchange);
    return;
  }
  if (exchange->answer.delay <= absl::ZeroDuration()) {
    return Finish(exchange, std::move(exchange->answer.response));
  }
  delayed_.push_back(exchange);
  exchange->timer = loop_.NewTimer([this, exchange = exchange.get()] {
    for (auto it = delayed_.begin(); it != delayed_.end(); ++it) {
      if (it->get() != exchange) continue;
      const std::shared_ptr<Exchange> kept = std::move(*it);
      delayed_.erase(it);
      return Finish(kept, std::move(kept->answer.response));
    }
  });
  exchange->timer->Set(loop_.clock().Now() + exchange->answer.delay);
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
