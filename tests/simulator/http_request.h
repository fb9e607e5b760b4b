// One HTTP/1.1 request as it stands in a receive buffer. Pure: bytes in, views out.
//
// Lifetime: the views point into the buffer that was parsed; a handler uses the request before the
//   connection drains that buffer and copies what it keeps.
// Errors: a request that cannot be HTTP/1.x is kBad; the connection answers 400 and closes.

#ifndef RUNCAST_TESTS_SIMULATOR_HTTP_REQUEST_H_
#define RUNCAST_TESTS_SIMULATOR_HTTP_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runcast::simulator {

struct HttpRequest {
  std::string_view method;
  // Path and query exactly as received, nothing decoded.
  std::string_view target;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view body;
  bool keep_alive = true;
  bool expects_continue = false;

  // Filled by the connection.
  uint64_t connection = 0;             // counted from 1
  uint64_t request_of_connection = 0;  // counted from 1
  int64_t received_monotonic_nanos = 0;

  // First header of that name, compared without case; empty when absent (see HasHeader).
  std::string_view Header(std::string_view name) const;
  bool HasHeader(std::string_view name) const;

  // Backing of `body` when it came in chunks.
  std::string unchunked;
};

enum class ParseState { kIncomplete, kComplete, kBad };

struct ParseOutcome {
  ParseState state = ParseState::kIncomplete;
  size_t consumed = 0;         // bytes of the whole request when complete
  bool head_complete = false;  // the body is what is missing
};

// Limits: 64 KiB of head, 64 MiB of body.
ParseOutcome ParseHttpRequest(std::string_view buffer, HttpRequest& request);

bool EqualsIgnoringCase(std::string_view left, std::string_view right);

// "%20" to " " and so on; a broken escape stays as it is. '+' stays '+'.
std::string PercentDecode(std::string_view text);

// Value of `name` in "a=1&b=2", decoded; empty when absent.
std::string QueryParameter(std::string_view query, std::string_view name);

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_HTTP_REQUEST_H_
