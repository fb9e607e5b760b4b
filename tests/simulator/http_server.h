// Listens on one address and owns the accepted connections. Plain or TLS.
//
// Threads: the event loop only.
// Lifetime: `base` and the handler outlive it; the destructor closes everything.
// Errors: Listen says in words why an address could not be used.

#ifndef RUNCAST_TESTS_SIMULATOR_HTTP_SERVER_H_
#define RUNCAST_TESTS_SIMULATOR_HTTP_SERVER_H_

#include <event2/event.h>
#include <event2/listener.h>
#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "tests/simulator/http_connection.h"

namespace runcast::simulator {

class HttpServer {
 public:
  using Handler = std::function<WirePlan(const HttpRequest&)>;

  // What happens to new connections.
  enum class AcceptMode {
    kServe,
    kIgnore,  // accepted by us, never read
    kReset,   // accepted and reset
    kRefuse,  // no listening socket: the kernel refuses
  };

  struct Counts {
    uint64_t opened = 0;
    uint64_t open = 0;
    uint64_t peak = 0;
    uint64_t handshakes = 0;
  };

  HttpServer(event_base* base, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // "127.0.0.1:0" or "[::1]:8080". Returns an empty string, or what went wrong.
  std::string Listen(const std::string& address);
  int port() const { return port_; }
  // "127.0.0.1:40123", with the real port.
  const std::string& bound_address() const { return bound_address_; }

  // For connections accepted from now on; takes ownership. Null means plain.
  void UseTls(SSL_CTX* context);

  // Returns an empty string, or what went wrong.
  std::string SetAcceptMode(AcceptMode mode);
  AcceptMode accept_mode() const { return mode_; }

  // Kept connections that were idle this long are closed. 0 = never.
  void SetIdleTimeout(int64_t millis);

  // Returns how many were closed.
  size_t CloseConnections(bool only_idle, bool reset);

  const Counts& counts() const { return counts_; }

  // For HttpConnection.
  WirePlan Handle(const HttpRequest& request) { return handler_(request); }
  void Remove(HttpConnection& connection);
  void TouchIdle(HttpConnection& connection);
  void OnHandshake() { ++counts_.handshakes; }

 private:
  static void OnAccept(evconnlistener*, evutil_socket_t socket, sockaddr*, int, void* self);
  static void OnAcceptError(evconnlistener*, void* self);
  static void OnSweep(evutil_socket_t, short, void* self);

  void Accept(evutil_socket_t socket);

  event_base* const base_;
  const Handler handler_;
  evconnlistener* listener_ = nullptr;
  SSL_CTX* tls_ = nullptr;
  event* sweep_ = nullptr;
  int64_t idle_timeout_millis_ = 0;
  int port_ = 0;
  std::string bound_address_;
  AcceptMode mode_ = AcceptMode::kServe;
  Counts counts_;
  std::unordered_map<uint64_t, std::unique_ptr<HttpConnection>> connections_;
  std::list<HttpConnection*> by_idle_;
};

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_HTTP_SERVER_H_
