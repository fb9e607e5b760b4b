// Which fields of good answers could not be read: a line in the log for each, now and then.

#ifndef RUNCAST_GATEWAY_UPSTREAM_UNREADABLE_FIELD_LOG_H_
#define RUNCAST_GATEWAY_UPSTREAM_UNREADABLE_FIELD_LOG_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/base/clock.h"
#include "gateway/base/run_key.h"
#include "gateway/telemetry/event_limit.h"

namespace runcast::upstream {

// Event `platform.field_unreadable`, with `credential`, `stream`, `run`, `trace_id`, `fields`
// (their names, never a value: the report link is one) and `suppressed`. Source: upstream
// reference, 4.5, "absent plus a warning".
//
// Limited by field and not by run or credential, so that a field that no answer ever has right
// does not hide the day on which another one breaks.
//
// Memory: bounded by the fields that are read at all; names come from the decoder, not from the
// platform.
// Pure but for the log. Threads: poll loop only.
class UnreadableFieldLog {
 public:
  // Between two lines that name the same field.
  static constexpr absl::Duration kInterval = absl::Minutes(1);

  // One good answer lacked `fields`, which were there and could not be read.
  void OnFields(absl::string_view credential, const base::RunKey& key, absl::string_view trace_id,
                const std::vector<std::string>& fields, base::MonotonicTime now);

 private:
  absl::flat_hash_map<std::string, telemetry::EventLimit> by_field_;
};

}  // namespace runcast::upstream

#endif  // RUNCAST_GATEWAY_UPSTREAM_UNREADABLE_FIELD_LOG_H_
