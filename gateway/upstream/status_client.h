// Asks the platform for the status of a run.

#ifndef RUNCAST_GATEWAY_UPSTREAM_STATUS_CLIENT_H_
#define RUNCAST_GATEWAY_UPSTREAM_STATUS_CLIENT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "gateway/base/run_key.h"
#include "gateway/base/secret_string.h"
#include "gateway/base/trace_context.h"
#include "gateway/telemetry/upstream_failure.h"
#include "runcast/v1/run_status.pb.h"

namespace runcast::upstream {

// A good answer. `status` holds what the platform says: no sequence, epoch, observed time or
// freshness; `run` is filled from the key. Progress that the platform did not give is absent
// unless the run is terminal (then 100 %).
struct PollAnswer {
  v1::RunStatus status;
  // The platform's clock when it answered, in whole seconds; nothing: it did not say.
  std::optional<absl::Time> platform_time;
  // The signed link; empty when the answer has none.
  base::SecretString report_link;
  // Whether only one of the two status words is terminal, or they disagree otherwise.
  bool words_disagree = false;
  // Whether `result.results` was there.
  bool has_results = false;
  // Values that could not be read and count as absent, such as `percentage: "abc"`; the names
  // of their fields only.
  std::vector<std::string> unreadable_fields;
};

// What kind of bad news; the table is in error_table.h.
enum class PollFailureKind {
  kRunNotFound,
  kSuiteNotFound,
  kCredentials,      // Token refused, or the app does not belong to the stream id.
  kScope,            // The token is good but may not do this.
  kThrottledMinute,  // Wait at least 60 s.
  kThrottledHour,    // Wait minutes, up to an hour.
  kThrottled,        // The text does not say which window.
  kUnavailable,      // No connection, time-out, 5xx.
  kProtocol,         // An answer that cannot be believed or understood.
  kRejected,         // The platform calls the request wrong; asking again does not help.
  kSendRefused,      // `on_send` said no before anything was sent.
  // 404, and not in the form of the platform: perhaps of a proxy that finds no way to it.
  kPathNotFound,
};

struct PollFailure {
  PollFailureKind kind = PollFailureKind::kUnavailable;
  // For people: what was tried and what came back, at most 300 bytes, valid UTF-8, with the
  // platform's own message and code but never a body, token or link.
  std::string message;
  // HTTP status; 0 when there was no answer.
  int http_status = 0;
  // A "not found" in words that the platform is not known to use: perhaps not the run but the
  // path is wrong.
  bool unexplained = false;
  // From `Retry-After`, as a wait from now.
  std::optional<absl::Duration> retry_after;
  // Of kUnavailable and kProtocol: what exactly, for a metric.
  telemetry::UpstreamFailure cause = telemetry::UpstreamFailure::kPlatformError;
};

using PollResult = std::variant<PollAnswer, PollFailure>;

// Threads: poll loop only; `done` runs on the loop, never before `Poll` returned.
// Lifetime: destroying the client drops all polls without calling back.
class StatusClient {
 public:
  // Called right before each send, also one that repeats a request on a fresh connection or
  // with a fresh token. False stops that send: the poll ends with what it has, or kSendRefused.
  using OnSend = absl::AnyInvocable<bool()>;
  using Done = absl::AnyInvocable<void(PollResult)>;

  virtual ~StatusClient() = default;

  // One poll of one run: one request, and at most one repetition (a dead kept connection, or
  // a fresh token after "replay" or after a refusal when the secret had changed). `trace` is that
  // of the one call that causes it; empty: it is for several, and starts a trace of its own.
  virtual void Poll(const base::RunKey& key, const base::TraceContext& trace, OnSend on_send,
                    Done done) = 0;
};

}  // namespace runcast::upstream

#endif  // RUNCAST_GATEWAY_UPSTREAM_STATUS_CLIENT_H_
