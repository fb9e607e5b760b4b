#include "gateway/admin/admin_server.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gateway/base/listening_sockets.h"

namespace runcast::admin {
namespace {

constexpr int kBacklog = 128;
constexpr int kMostHeaderBytes = 8 << 10;
constexpr int kMostBodyBytes = 1 << 10;
// Less than the kernel takes off our hands at once.
constexpr size_t kMostSmallAnswerBytes = 16 << 10;
// How long new connections wait after accept failed for want of descriptors.
constexpr timeval kAcceptPause = {0, 200'000};
// All of them reach our callback, which answers 405 to most; evhttp itself would say 501.
constexpr uint16_t kAllMethods = EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
                                 EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
                                 EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH;

absl::string_view MethodName(evhttp_cmd_type method) {
  switch (method) {
    case EVHTTP_REQ_GET:
      return "GET";
    case EVHTTP_REQ_HEAD:
      return "HEAD";
    default:
      return "other";
  }
}

// A process out of descriptors would turn in circles over the one connection that waits. The
// argument is the listener's own, not ours.
void PauseAccepting(evconnlistener* listener, void*) {
  evconnlistener_disable(listener);
  event_base_once(
      evconnlistener_get_base(listener), -1, EV_TIMEOUT,
      [](evutil_socket_t, short, void* paused) {
        evconnlistener_enable(static_cast<evconnlistener*>(paused));
      },
      listener, &kAcceptPause);
}

absl::string_view PathOf(evhttp_request* request) {
  const evhttp_uri* const uri = evhttp_request_get_evhttp_uri(request);
  const char* const path = uri == nullptr ? nullptr : evhttp_uri_get_path(uri);
  return path == nullptr ? "" : path;
}

}  // namespace

// Goes when the answer is sent, or with its connection.
struct AdminServer::LargeAnswer {
  LargeAnswer(AdminServer& its_server, evhttp_connection* its_connection)
      : server(its_server),
        connection(its_connection),
        deadline(evtimer_new(its_server.base_, &LargeAnswer::OnDeadline, this)) {
    ++server.large_answers_;
    const timeval longest = absl::ToTimeval(server.options_.longest_answer);
    evtimer_add(deadline, &longest);
    evhttp_connection_set_closecb(connection, &LargeAnswer::OnClose, this);
  }
  ~LargeAnswer() {
    evhttp_connection_set_closecb(connection, nullptr, nullptr);
    event_free(deadline);
    --server.large_answers_;
  }
  LargeAnswer(const LargeAnswer&) = delete;
  LargeAnswer& operator=(const LargeAnswer&) = delete;

  static void OnSent(evhttp_request*, void* answer) { delete static_cast<LargeAnswer*>(answer); }
  static void OnClose(evhttp_connection*, void* answer) {
    delete static_cast<LargeAnswer*>(answer);
  }
  // Calls OnClose.
  static void OnDeadline(evutil_socket_t, short, void* answer) {
    evhttp_connection_free(static_cast<LargeAnswer*>(answer)->connection);
  }

  AdminServer& server;
  evhttp_connection* const connection;
  event* const deadline;
};

AdminServer::AdminServer(const Options& options, AdminPages pages)
    : options_(options),
      pages_(std::move(pages)),
      base_(event_base_new()),
      http_(evhttp_new(base_)) {
  evhttp_set_gencb(http_, &AdminServer::OnRequest, this);
  evhttp_set_allowed_methods(http_, kAllMethods);
  evhttp_set_max_headers_size(http_, kMostHeaderBytes);
  evhttp_set_max_body_size(http_, kMostBodyBytes);
  evhttp_set_default_content_type(http_, nullptr);
  const auto seconds = absl::ToInt64Seconds(options.idle_timeout);
  evhttp_set_timeout(http_, static_cast<int>(std::max<int64_t>(1, seconds)));
}

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(const Options& options,
                                                                AdminPages pages) {
  auto sockets = base::ListeningSockets::Open(options.host, options.port, kBacklog);
  if (!sockets.ok()) return sockets.status();

  std::unique_ptr<AdminServer> server(new AdminServer(options, std::move(pages)));
  server->port_ = sockets->port();
  server->stop_fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  bool served = server->stop_fd_ >= 0;
  for (const int fd : sockets->Release()) {
    evhttp_bound_socket* const bound = evhttp_accept_socket_with_handle(server->http_, fd);
    if (bound == nullptr) {
      ::close(fd);
      served = false;
      continue;
    }
    evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(bound), &PauseAccepting);
  }
  if (!served) {
    return absl::UnavailableError(
        absl::StrCat("cannot serve port ", server->port_, ": ", ::strerror(errno)));
  }
  server->stop_ = event_new(
      server->base_, server->stop_fd_, EV_READ,
      [](evutil_socket_t, short, void* base) {
        event_base_loopbreak(static_cast<event_base*>(base));
      },
      server->base_);
  event_add(server->stop_, nullptr);

  // Signals belong to the main thread. SIGPIPE above all: evhttp writes with writev.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  server->thread_ = std::thread([base = server->base_] { event_base_dispatch(base); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return server;
}

AdminServer::~AdminServer() {
  if (thread_.joinable()) {
    ::eventfd_write(stop_fd_, 1);
    thread_.join();
  }
  if (stop_ != nullptr) event_free(stop_);
  evhttp_free(http_);
  event_base_free(base_);
  if (stop_fd_ >= 0) ::close(stop_fd_);
}

void AdminServer::CountLargeAnswer(evhttp_request* request) {
  auto* const answer = new LargeAnswer(*this, evhttp_request_get_connection(request));
  evhttp_request_set_on_complete_cb(request, &LargeAnswer::OnSent, answer);
}

void AdminServer::OnRequest(evhttp_request* request, void* server) {
  AdminServer& self = *static_cast<AdminServer*>(server);
  const bool has_body = evhttp_request_get_command(request) != EVHTTP_REQ_HEAD;
  PageAnswer answer =
      self.pages_.Answer(MethodName(evhttp_request_get_command(request)), PathOf(request));
  if (has_body && answer.body.size() > kMostSmallAnswerBytes) {
    if (self.large_answers_ < self.options_.most_large_answers) {
      self.CountLargeAnswer(request);
    } else {
      answer = {.status = 503,
                .content_type = "text/plain; charset=utf-8",
                .body = "too many large answers are under way\n"};
    }
  }

  evkeyvalq* const headers = evhttp_request_get_output_headers(request);
  const auto add_header = [headers](const char* name, const char* value) {
    evhttp_add_header(headers, name, value);
  };
  add_header("Content-Type", answer.content_type.c_str());
  add_header("Cache-Control", "no-store");
  add_header("Content-Security-Policy", answer.content_policy.c_str());
  add_header("Referrer-Policy", "no-referrer");
  add_header("X-Content-Type-Options", "nosniff");
  if (answer.status == 405) add_header("Allow", "GET, HEAD");
  // evhttp leaves it out of an answer without body, and HEAD has to tell what GET would.
  add_header("Content-Length", absl::StrCat(answer.body.size()).c_str());

  evbuffer* const body = evhttp_request_get_output_buffer(request);
  if (has_body) {
    evbuffer_add(body, answer.body.data(), answer.body.size());
  }
  evhttp_send_reply(request, answer.status, nullptr, nullptr);
}

}  // namespace runcast::admin
