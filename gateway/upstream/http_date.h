// Times as HTTP headers write them.

#ifndef RUNCAST_GATEWAY_UPSTREAM_HTTP_DATE_H_
#define RUNCAST_GATEWAY_UPSTREAM_HTTP_DATE_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace runcast::upstream {

// A date in one of the three forms of RFC 9110, section 5.6.7; nothing when it is none of them.
std::optional<absl::Time> ParseHttpDate(absl::string_view text);

// The same for many answers: all of one second have the same date, which is parsed once.
// Threads: one at a time.
class HttpDateReader {
 public:
  std::optional<absl::Time> Read(absl::string_view text);

 private:
  std::string last_text_;
  std::optional<absl::Time> last_;
};

// The wait that a `Retry-After` header (RFC 9110, section 10.2.3) asks for: seconds or a date
// after `now`. A date that is past means no wait; waits are cut at a day, because nobody means
// more. Nothing when it is neither.
std::optional<absl::Duration> ParseRetryAfter(absl::string_view text, absl::Time now);

}  // namespace runcast::upstream

#endif  // RUNCAST_GATEWAY_UPSTREAM_HTTP_DATE_H_
