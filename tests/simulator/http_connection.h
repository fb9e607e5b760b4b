// One accepted connection: reads requests one after another, asks the handler, and carries out the
// steps of the answer.
//
//   reading ──request complete──▶ answering ──steps done, keep alive──▶ reading
//                                  │   ▲ │
//                            write │   │ └─ wait: timer
//                                  ▼   │
//                    reset / close / peer gone / not kept ──▶ freed by HttpServer::Remove
//
// Threads: the event loop only.
// Lifetime: owned by HttpServer, which frees it from Remove; every callback returns right after
//   calling Remove.

#ifndef RUNCAST_TESTS_SIMULATOR_HTTP_CONNECTION_H_
#define RUNCAST_TESTS_SIMULATOR_HTTP_CONNECTION_H_

#include <event2/bufferevent.h>
#include <event2/event.h>

#include <cstdint>
#include <list>

#include "tests/simulator/http_answer.h"
#include "tests/simulator/http_request.h"

namespace runcast::simulator {

class HttpServer;

class HttpConnection {
 public:
  HttpConnection(HttpServer& server, event_base* base, bufferevent* stream, uint64_t id);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  uint64_t id() const { return id_; }
  bool idle() const { return !answering_; }
  int64_t idle_since_nanos() const { return idle_since_nanos_; }

  // The next destruction sends RST instead of FIN.
  void ResetWhenClosed();

  // Never read again: what a server does that accepts and then hangs.
  void Ignore();

  // Position in the server's list, least recently idle first.
  std::list<HttpConnection*>::iterator place;

 private:
  static void OnReadable(bufferevent* stream, void* self);
  static void OnDrained(bufferevent* stream, void* self);
  static void OnEvent(bufferevent* stream, short what, void* self);
  static void OnTimer(evutil_socket_t, short, void* self);

  // These return false when the connection is gone.
  bool HandleInput();
  bool RunSteps();
  bool Finish();

  HttpServer& server_;
  bufferevent* const stream_;
  event* timer_ = nullptr;
  const uint64_t id_;
  uint64_t requests_ = 0;
  int64_t idle_since_nanos_;
  bool answering_ = false;
  bool waiting_for_drain_ = false;
  bool continue_sent_ = false;
  WirePlan plan_;
  size_t next_step_ = 0;
  HttpRequest request_;  // kept for its header vector's memory
};

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_HTTP_CONNECTION_H_
