// What one exchange with the platform means.

#ifndef RUNCAST_GATEWAY_UPSTREAM_POLL_READING_H_
#define RUNCAST_GATEWAY_UPSTREAM_POLL_READING_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/base/run_key.h"
#include "gateway/http/http_client.h"
#include "gateway/upstream/error_table.h"
#include "gateway/upstream/status_client.h"
#include "gateway/upstream/status_words.h"

namespace runcast::upstream {

struct PollReading {
  PollResult result;
  // What may make an immediate repetition succeed. Only with a failure.
  Remedy remedy = Remedy::kNone;
};

// Puts decoder and error table together: a status, an error of the platform, nonsense, or
// no answer at all. `now` is the wall time for a `Retry-After` date when the answer has no
// `Date` of its own. Pure: equal input gives equal output, so a caller may skip bytes it knows.
PollReading ReadExchange(const base::RunKey& key,
                         const absl::StatusOr<http::HttpResponse>& exchange, absl::Time now,
                         const StatusWords& words);

}  // namespace runcast::upstream

#endif  // RUNCAST_GATEWAY_UPSTREAM_POLL_READING_H_
