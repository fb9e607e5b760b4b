// The headers by which a mesh follows one request through many services.

#ifndef RUNCAST_GATEWAY_BASE_TRACE_CONTEXT_H_
#define RUNCAST_GATEWAY_BASE_TRACE_CONTEXT_H_

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace runcast::base {

// The only headers of a caller that are ever passed on (W3C Trace Context, B3, Envoy).
inline constexpr std::array<absl::string_view, 9> kTraceHeaders = {
    "x-request-id", "traceparent",       "tracestate",   "b3",        "x-b3-traceid",
    "x-b3-spanid",  "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags"};

// Pure.
class TraceContext {
 public:
  // Takes a header if it is one of the above and its value is printable ASCII of at most 512
  // bytes; drops it otherwise.
  void Add(absl::string_view name, absl::string_view value);

  bool empty() const { return headers_.empty(); }
  // As they came.
  const std::vector<std::pair<std::string, std::string>>& headers() const { return headers_; }

  // What logs of other services call this trace: the trace id of `traceparent`, `b3` or
  // `x-b3-traceid`, else the request id; empty when there is none.
  absl::string_view TraceId() const;

  // A trace of our own, made of random numbers, that asks nobody to record it.
  static TraceContext Start(uint64_t random_high, uint64_t random_low, uint64_t random_span);

 private:
  absl::string_view Find(absl::string_view name) const;

  std::vector<std::pair<std::string, std::string>> headers_;
};

}  // namespace runcast::base

#endif  // RUNCAST_GATEWAY_BASE_TRACE_CONTEXT_H_
