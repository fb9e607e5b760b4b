// The second port: HTTP pages for operators and their tools.

#ifndef RUNCAST_GATEWAY_ADMIN_ADMIN_SERVER_H_
#define RUNCAST_GATEWAY_ADMIN_ADMIN_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/admin/admin_pages.h"

struct event;
struct event_base;
struct evhttp;
struct evhttp_request;

namespace runcast::admin {

// Serves AdminPages over HTTP/1.1 without TLS, on a thread of its own.
//
// A request of more than 8 KiB of headers or 1 KiB of body is refused, and a connection on which
// nothing moves for `idle_timeout` is closed. When descriptors are used up, new connections wait.
//
// A large answer lies in memory until its reader has taken it, who may be slow: so no more than
// `most_large_answers` are under way, whoever else wants one is told 503, and after
// `longest_answer` the connection of one is closed. Small answers, such as those to probes, are
// given all the time.
//
// Threads: `Start`, `port` and the destructor from any one thread; the callbacks of the pages run
//   on the server's thread.
// Lifetime: the destructor closes the port and all connections and waits for the thread, which is
//   at most the time of one callback.
// Errors of Start: UNAVAILABLE with address and reason when the port cannot be had.
class AdminServer {
 public:
  struct Options {
    std::string host = "127.0.0.1";  // An address without brackets, or a name.
    uint16_t port = 0;               // 0: a free one.
    absl::Duration idle_timeout = absl::Seconds(10);
    size_t most_large_answers = 64;  // Of more than 16 KiB.
    absl::Duration longest_answer = absl::Seconds(30);
  };

  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(const Options& options,
                                                            AdminPages pages);
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // The port that is really listened on.
  uint16_t port() const { return port_; }

 private:
  struct LargeAnswer;

  AdminServer(const Options& options, AdminPages pages);

  static void OnRequest(evhttp_request* request, void* server);
  // Until it is sent or its connection ends, `request`'s answer counts as one of the large ones.
  void CountLargeAnswer(evhttp_request* request);

  const Options options_;
  AdminPages pages_;
  uint16_t port_ = 0;

  // Used by the server's thread alone from its start to its end.
  event_base* base_ = nullptr;
  evhttp* http_ = nullptr;
  event* stop_ = nullptr;
  size_t large_answers_ = 0;  // Under way.

  int stop_fd_ = -1;  // An eventfd: readable once the thread should end.
  std::thread thread_;
};

}  // namespace runcast::admin

#endif  // RUNCAST_GATEWAY_ADMIN_ADMIN_SERVER_H_
