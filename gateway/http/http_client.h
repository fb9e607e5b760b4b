// HTTP GET on kept connections, asynchronous on one event loop.

#ifndef RUNCAST_GATEWAY_HTTP_HTTP_CLIENT_H_
#define RUNCAST_GATEWAY_HTTP_HTTP_CLIENT_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "gateway/base/clock.h"
#include "gateway/base/secret_string.h"

namespace runcast::http {

struct HttpRequest {
  std::string url;  // The path goes out as it is: no dots are resolved.
  // Name and value; sent as given.
  std::vector<std::pair<std::string, std::string>> headers;
  // A header whose value is a secret, such as the token. Never logged.
  std::string secret_header_name;
  base::SecretString secret_header_value;
  // Not on a kept connection, because one of them was just found dead.
  bool fresh_connection = false;
  // When it ends at the latest, should that be before the client's own time-out.
  base::MonotonicTime deadline = base::MonotonicTime::InfiniteFuture();
};

// An answer, whatever its status: HTTP 503 is a successful exchange with bad news.
struct HttpResponse {
  int status = 0;
  std::string body;  // Decompressed.
  // Headers that somebody asked about; empty when absent.
  std::string content_type;
  std::string retry_after;
  std::string date;
};

// Threads: the loop's only. Callbacks run on the loop, never before `Get` returned.
// Lifetime: destroying the client drops all requests without calling back.
// Errors of `Get`:
//   UNAVAILABLE          no connection, no name, reset, answer cut short
//   DEADLINE_EXCEEDED    a time-out
//   RESOURCE_EXHAUSTED   the answer is larger than allowed
//   FAILED_PRECONDITION  the server's certificate is not good
//   PERMISSION_DENIED    its address is not allowed
//   DATA_LOSS            the answer is not HTTP, or compressed in a way that cannot be undone
//   ABORTED              `on_send` said no; nothing of that send left the machine
//   INVALID_ARGUMENT     the URL cannot be used
// Messages name what was tried and what came back, never a header or a query.
class HttpClient {
 public:
  // Called right before each send of the request on a connected socket, with 1 for the first
  // and 2 for a repetition after a kept connection turned out dead (the same bytes would go
  // out again). False stops that send.
  using OnSend = absl::AnyInvocable<bool(int send_number)>;
  using Done = absl::AnyInvocable<void(absl::StatusOr<HttpResponse>)>;

  virtual ~HttpClient() = default;

  virtual void Get(HttpRequest request, OnSend on_send, Done done) = 0;
};

}  // namespace runcast::http

#endif  // RUNCAST_GATEWAY_HTTP_HTTP_CLIENT_H_
