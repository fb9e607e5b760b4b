// Which results of polls are worth a line in the log: the first of a trouble, a reminder while it
// lasts, and its end.

#ifndef RUNCAST_GATEWAY_UPSTREAM_TROUBLE_LOG_H_
#define RUNCAST_GATEWAY_UPSTREAM_TROUBLE_LOG_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/base/clock.h"
#include "gateway/base/run_key.h"
#include "gateway/telemetry/event_limit.h"
#include "gateway/upstream/status_client.h"

namespace runcast::upstream {

// Events, all with `credential`, `stream`, `run`, `trace_id`, `answer` (what came back, with the
// platform's own words) and `suppressed` (how many of the kind were not written since the last line
// of it):
//
//   credentials.refused, credentials.scope_missing, credentials.unusable, platform.failing,
//   platform.answer_malformed, platform.throttled, platform.request_rejected,
//   platform.path_unknown
//
// `credentials.refused` also with `clock_difference_seconds`, the platform's clock less ours by the
// `Date` of its answer, if it had one: by a wrong clock good tokens are refused too.
//
// And `platform.recovered`, with `credential`, `after` (the event it ends), `seconds` and
// `failures`.
//
// A kind of trouble of a credential lasts from its first failure until every run that failed has
// had a good answer or was not asked for in a long time; so one bad run among many is one trouble,
// not one that ends with each answer about another run.
//
// Memory: bounded by the credentials; beyond 1000 failing runs the rest is counted only.
// Pure but for the log. Threads: poll loop only.
class TroubleLog {
 public:
  // Between two lines of one kind about one credential.
  static constexpr absl::Duration kInterval = absl::Minutes(1);

  // Whether nothing is wrong, so that good answers need not be reported.
  bool is_calm() const { return open_ == 0; }

  // `credential` is the name of the one that was used; empty when there is none.
  // `clock_difference` is the platform's clock less ours, where its answer told.
  void OnResult(const std::string& credential, const base::RunKey& key, absl::string_view trace_id,
                const PollResult& result, std::optional<absl::Duration> clock_difference,
                base::MonotonicTime now);

 private:
  enum Kind : size_t {
    kRefused,
    kScopeMissing,
    kUnusable,
    kFailing,
    kMalformed,
    kThrottled,
    kRejected,
    kPathUnknown,
    kKinds,
  };
  struct Trouble {
    bool open = false;
    bool told = false;  // Since it began.
    base::MonotonicTime since;
    uint64_t failures = 0;
    absl::flat_hash_map<std::string, base::MonotonicTime> runs;  // Last failure of each.
    telemetry::EventLimit limit{kInterval};
  };
  using Troubles = std::array<Trouble, kKinds>;

  static Kind KindOf(const PollFailure& failure);
  void OnGoodAnswer(const std::string& credential, Troubles& troubles, const std::string& run_id,
                    base::MonotonicTime now);
  void OnFailure(const std::string& credential, Troubles& troubles, const base::RunKey& key,
                 absl::string_view trace_id, const PollFailure& failure,
                 std::optional<absl::Duration> clock_difference, base::MonotonicTime now);

  absl::flat_hash_map<std::string, Troubles> by_credential_;
  size_t open_ = 0;  // Troubles that last.
};

}  // namespace runcast::upstream

#endif  // RUNCAST_GATEWAY_UPSTREAM_TROUBLE_LOG_H_
