// The sockets of one curl multi handle, watched on the event loop.

#ifndef RUNCAST_GATEWAY_HTTP_CURL_SOCKETS_H_
#define RUNCAST_GATEWAY_HTTP_CURL_SOCKETS_H_

#include <curl/curl.h>

#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "gateway/base/event_loop.h"

namespace runcast::http {

// Curl says "forget this socket" after each answer and "watch it" with the next request. Taken
// literally that costs two system calls a poll. So a connection's socket stays watched for
// reading until it is closed; an event while curl does not want it (the peer closed an idle
// connection) ends the watch until curl asks again.
//
// Threads: the loop's only.
// Lifetime: `loop` outlives this object, and this object the multi and easy handles that call it.
class CurlSockets {
 public:
  // Called on the loop with CURL_CSELECT_ bits when a socket that curl wants is ready.
  using OnReady = absl::AnyInvocable<void(curl_socket_t fd, int events)>;

  CurlSockets(base::EventLoop& loop, OnReady on_ready);
  ~CurlSockets();
  CurlSockets(const CurlSockets&) = delete;
  CurlSockets& operator=(const CurlSockets&) = delete;

  // For CURLMOPT_SOCKETFUNCTION: `what` is CURL_POLL_….
  void SetWanted(curl_socket_t fd, int what);
  // For CURLOPT_OPENSOCKETFUNCTION and CURLOPT_CLOSESOCKETFUNCTION.
  curl_socket_t Open(const curl_sockaddr& address);
  int Close(curl_socket_t fd);

 private:
  struct Socket {
    bool is_connection = false;  // Opened by `Open`, so that `Close` will tell its end.
    bool read_wanted = false;
    bool write_wanted = false;
    std::unique_ptr<base::FdWatch> watch;
  };

  Socket& At(curl_socket_t fd);
  void OnEvent(curl_socket_t fd, bool readable, bool writable);

  base::EventLoop& loop_;
  OnReady on_ready_;
  std::vector<Socket> sockets_;  // By descriptor.
};

}  // namespace runcast::http

#endif  // RUNCAST_GATEWAY_HTTP_CURL_SOCKETS_H_
