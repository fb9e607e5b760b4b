#include "tests/simulator/http_server.h"

#include <arpa/inet.h>
#include <event2/bufferevent_ssl.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tests/simulator/platform_clock.h"

namespace runcast::simulator {

HttpServer::HttpServer(event_base* base, Handler handler)
    : base_(base), handler_(std::move(handler)) {
  sweep_ = event_new(base_, -1, EV_PERSIST, &HttpServer::OnSweep, this);
}

HttpServer::~HttpServer() {
  if (listener_ != nullptr) evconnlistener_free(listener_);
  connections_.clear();
  event_free(sweep_);
  if (tls_ != nullptr) SSL_CTX_free(tls_);
}

std::string HttpServer::Listen(const std::string& address) {
  sockaddr_storage storage{};
  int size = sizeof storage;
  auto* generic = reinterpret_cast<sockaddr*>(&storage);
  // libevent takes no port at all for "any port" and refuses 0.
  const std::string spelled =
      address.ends_with(":0") ? address.substr(0, address.size() - 2) : address;
  if (evutil_parse_sockaddr_port(spelled.c_str(), generic, &size) != 0) {
    return "not an address with a port: " + address;
  }
  listener_ = evconnlistener_new_bind(
      base_, &HttpServer::OnAccept, this,
      LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC, 4096, generic, size);
  if (listener_ == nullptr) return "cannot listen on " + address + ": " + std::strerror(errno);
  evconnlistener_set_error_cb(listener_, &HttpServer::OnAcceptError);

  socklen_t bound_size = sizeof storage;
  getsockname(evconnlistener_get_fd(listener_), generic, &bound_size);
  char text[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET6) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    port_ = ntohs(v6->sin6_port);
    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    bound_address_ = std::string("[").append(text).append("]:").append(std::to_string(port_));
  } else {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    port_ = ntohs(v4->sin_port);
    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    bound_address_ = std::string(text) + ":" + std::to_string(port_);
  }
  return {};
}

void HttpServer::UseTls(SSL_CTX* context) {
  if (tls_ != nullptr) SSL_CTX_free(tls_);
  tls_ = context;
}

std::string HttpServer::SetAcceptMode(AcceptMode mode) {
  if (mode == AcceptMode::kRefuse && listener_ != nullptr) {
    evconnlistener_free(listener_);
    listener_ = nullptr;
  } else if (mode != AcceptMode::kRefuse && listener_ == nullptr) {
    std::string error = Listen(bound_address_);
    if (!error.empty()) return error;
  }
  mode_ = mode;
  return {};
}

void HttpServer::SetIdleTimeout(int64_t millis) {
  idle_timeout_millis_ = millis;
  event_del(sweep_);
  if (millis <= 0) return;
  const int64_t period = std::clamp<int64_t>(millis / 4, 1, 1'000);
  const timeval every{period / 1'000, (period % 1'000) * 1'000};
  event_add(sweep_, &every);
}

size_t HttpServer::CloseConnections(bool only_idle, bool reset) {
  size_t closed = 0;
  for (auto it = connections_.begin(); it != connections_.end();) {
    HttpConnection& connection = *(it++)->second;
    if (only_idle && !connection.idle()) continue;
    if (reset) connection.ResetWhenClosed();
    Remove(connection);
    ++closed;
  }
  return closed;
}

void HttpServer::Remove(HttpConnection& connection) {
  by_idle_.erase(connection.place);
  --counts_.open;
  connections_.erase(connection.id());
}

void HttpServer::TouchIdle(HttpConnection& connection) {
  by_idle_.splice(by_idle_.end(), by_idle_, connection.place);
}

void HttpServer::OnAccept(evconnlistener*, evutil_socket_t socket, sockaddr*, int, void* self) {
  static_cast<HttpServer*>(self)->Accept(socket);
}

// Usually "too many open files": the connection stays in the backlog and is tried again at the next
// readiness, so nothing is to be done but not to spin hot.
void HttpServer::OnAcceptError(evconnlistener*, void*) { usleep(1'000); }

void HttpServer::Accept(evutil_socket_t socket) {
  ++counts_.opened;
  if (mode_ == AcceptMode::kReset) {
    const linger now{1, 0};
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    evutil_closesocket(socket);
    return;
  }
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  evutil_make_socket_nonblocking(socket);
  bufferevent* stream = nullptr;
  if (tls_ != nullptr) {
    SSL* ssl = SSL_new(tls_);
    stream = bufferevent_openssl_socket_new(base_, socket, ssl, BUFFEREVENT_SSL_ACCEPTING,
                                            BEV_OPT_CLOSE_ON_FREE);
    if (stream != nullptr) bufferevent_openssl_set_allow_dirty_shutdown(stream, 1);
  } else {
    stream = bufferevent_socket_new(base_, socket, BEV_OPT_CLOSE_ON_FREE);
  }
  if (stream == nullptr) {
    evutil_closesocket(socket);
    return;
  }
  const uint64_t id = counts_.opened;
  auto connection = std::make_unique<HttpConnection>(*this, base_, stream, id);
  connection->place = by_idle_.insert(by_idle_.end(), connection.get());
  if (mode_ == AcceptMode::kIgnore) connection->Ignore();
  connections_.emplace(id, std::move(connection));
  ++counts_.open;
  counts_.peak = std::max(counts_.peak, counts_.open);
}

void HttpServer::OnSweep(evutil_socket_t, short, void* self) {
  auto* server = static_cast<HttpServer*>(self);
  const int64_t before = MonotonicNanos() - server->idle_timeout_millis_ * 1'000'000;
  for (auto it = server->by_idle_.begin(); it != server->by_idle_.end();) {
    HttpConnection& connection = **it++;
    if (!connection.idle()) continue;
    if (connection.idle_since_nanos() > before) break;
    server->Remove(connection);
  }
}

}  // namespace runcast::simulator
