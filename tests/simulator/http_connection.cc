#include "tests/simulator/http_connection.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <utility>

#include "tests/simulator/http_server.h"
#include "tests/simulator/platform_clock.h"

namespace runcast::simulator {

HttpConnection::HttpConnection(HttpServer& server, event_base* base, bufferevent* stream,
                               uint64_t id)
    : server_(server), stream_(stream), id_(id), idle_since_nanos_(MonotonicNanos()) {
  timer_ = evtimer_new(base, &HttpConnection::OnTimer, this);
  bufferevent_setcb(stream_, &OnReadable, &OnDrained, &OnEvent, this);
  bufferevent_enable(stream_, EV_READ | EV_WRITE);
}

HttpConnection::~HttpConnection() {
  event_free(timer_);
  bufferevent_free(stream_);
}

void HttpConnection::ResetWhenClosed() {
  const linger now{1, 0};
  setsockopt(bufferevent_getfd(stream_), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  // Without this a TLS close_notify goes out first and the cut looks like an orderly end.
  if (SSL* ssl = bufferevent_openssl_get_ssl(stream_)) SSL_set_quiet_shutdown(ssl, 1);
}

void HttpConnection::Ignore() {
  answering_ = true;
  bufferevent_disable(stream_, EV_READ);
}

void HttpConnection::OnReadable(bufferevent*, void* self) {
  static_cast<HttpConnection*>(self)->HandleInput();
}

void HttpConnection::OnDrained(bufferevent*, void* self) {
  auto* connection = static_cast<HttpConnection*>(self);
  if (!connection->waiting_for_drain_) return;
  connection->waiting_for_drain_ = false;
  if (connection->RunSteps()) connection->HandleInput();
}

void HttpConnection::OnEvent(bufferevent*, short what, void* self) {
  auto* connection = static_cast<HttpConnection*>(self);
  if (what & BEV_EVENT_CONNECTED) {
    connection->server_.OnHandshake();
    return;
  }
  if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) connection->server_.Remove(*connection);
}

void HttpConnection::OnTimer(evutil_socket_t, short, void* self) {
  auto* connection = static_cast<HttpConnection*>(self);
  if (connection->RunSteps()) connection->HandleInput();
}

// Input that arrives while an answer is under way stays in the buffer until the answer is out.
bool HttpConnection::HandleInput() {
  evbuffer* input = bufferevent_get_input(stream_);
  while (!answering_) {
    const size_t size = evbuffer_get_length(input);
    if (size == 0) return true;
    const auto* bytes = reinterpret_cast<const char*>(evbuffer_pullup(input, -1));
    const ParseOutcome outcome = ParseHttpRequest({bytes, size}, request_);
    if (outcome.state == ParseState::kIncomplete) {
      if (outcome.head_complete && request_.expects_continue && !continue_sent_) {
        continue_sent_ = true;
        constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
        bufferevent_write(stream_, kContinue.data(), kContinue.size());
      }
      return true;
    }
    answering_ = true;
    continue_sent_ = false;
    next_step_ = 0;
    if (outcome.state == ParseState::kBad) {
      evbuffer_drain(input, size);
      plan_ = WholeAnswer({400, {}, "bad request\n", "text/plain"}, "", false);
    } else {
      request_.connection = id_;
      request_.request_of_connection = ++requests_;
      request_.received_monotonic_nanos = MonotonicNanos();
      plan_ = server_.Handle(request_);
      evbuffer_drain(input, outcome.consumed);
    }
    if (!RunSteps()) return false;
  }
  return true;
}

bool HttpConnection::RunSteps() {
  while (next_step_ < plan_.steps.size()) {
    WireStep& step = plan_.steps[next_step_];
    switch (step.kind) {
      case WireStep::Kind::kWrite:
        bufferevent_write(stream_, step.bytes.data(), step.bytes.size());
        step.bytes = {};
        ++next_step_;
        break;
      case WireStep::Kind::kWait: {
        const timeval wait{step.millis / 1'000, (step.millis % 1'000) * 1'000};
        ++next_step_;
        evtimer_add(timer_, &wait);
        return true;
      }
      case WireStep::Kind::kWaitForever:
        return true;
      case WireStep::Kind::kReset:
      case WireStep::Kind::kClose:
        if (evbuffer_get_length(bufferevent_get_output(stream_)) > 0) {
          waiting_for_drain_ = true;
          return true;
        }
        if (step.kind == WireStep::Kind::kReset) ResetWhenClosed();
        if (plan_.sent) std::exchange(plan_.sent, nullptr)();
        server_.Remove(*this);
        return false;
    }
  }
  if (plan_.sent) std::exchange(plan_.sent, nullptr)();
  return Finish();
}

bool HttpConnection::Finish() {
  if (!plan_.keep_alive) {
    if (evbuffer_get_length(bufferevent_get_output(stream_)) > 0) {
      waiting_for_drain_ = true;
      return true;
    }
    server_.Remove(*this);
    return false;
  }
  answering_ = false;
  idle_since_nanos_ = MonotonicNanos();
  server_.TouchIdle(*this);
  return true;
}

}  // namespace runcast::simulator
