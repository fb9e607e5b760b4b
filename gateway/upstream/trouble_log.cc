#include "gateway/upstream/trouble_log.h"

#include <optional>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "gateway/telemetry/log.h"

namespace runcast::upstream {
namespace {

using telemetry::Log;
using telemetry::LogField;
using telemetry::Severity;

constexpr size_t kMostRuns = 1000;
// A run that failed and is not asked for any more does not keep its trouble open longer than this.
// Runs refused by the hour are asked for again within the hour.
constexpr absl::Duration kForgotten = absl::Minutes(10);
constexpr absl::Duration kThrottledForgotten = absl::Minutes(70);

struct Words {
  const char* event;
  const char* message;
};

// In the order of TroubleLog::Kind.
constexpr Words kWords[] = {
    {"credentials.refused",
     "the platform refuses this credential: compare client id, secret, algorithm and stream ids "
     "with the JWT app in its console, and the clocks"},
    {"credentials.scope_missing",
     "the platform takes the credential but not for this: give the JWT app the scope for batch "
     "test executions and publish it"},
    {"credentials.unusable", "no token can be made for this stream id"},
    {"platform.failing", "the platform does not answer, or answers with a server error"},
    {"platform.answer_malformed",
     "the platform's answer cannot be understood: it changed, or something in between answered"},
    {"platform.throttled",
     "the platform refuses by rate: something else asks about the same runs, or its limits are "
     "lower than polling.per_minute and polling.per_hour say"},
    {"platform.request_rejected", "the platform calls the request wrong"},
    {"platform.path_unknown",
     "the platform answers 404 without naming a run or suite: if it does so for every run, "
     "upstream.base_url, upstream.path_prefix or upstream.resource_spelling is wrong"},
};

}  // namespace

TroubleLog::Kind TroubleLog::KindOf(const PollFailure& failure) {
  switch (failure.kind) {
    case PollFailureKind::kCredentials:
      return failure.http_status == 0 ? kUnusable : kRefused;
    case PollFailureKind::kScope:
      return kScopeMissing;
    case PollFailureKind::kThrottledMinute:
    case PollFailureKind::kThrottledHour:
    case PollFailureKind::kThrottled:
      return kThrottled;
    case PollFailureKind::kUnavailable:
      return kFailing;
    case PollFailureKind::kProtocol:
      return kMalformed;
    case PollFailureKind::kRejected:
      return kRejected;
    case PollFailureKind::kRunNotFound:
      return failure.unexplained ? kPathUnknown : kKinds;
    case PollFailureKind::kPathNotFound:
      return kPathUnknown;
    case PollFailureKind::kSuiteNotFound:
    case PollFailureKind::kSendRefused:
      break;
  }
  return kKinds;
}

void TroubleLog::OnResult(const std::string& credential, const base::RunKey& key,
                          absl::string_view trace_id, const PollResult& result,
                          std::optional<absl::Duration> clock_difference, base::MonotonicTime now) {
  const auto* failure = std::get_if<PollFailure>(&result);
  if (failure == nullptr) {
    const auto found = by_credential_.find(credential);
    if (found != by_credential_.end()) OnGoodAnswer(credential, found->second, key.run_id, now);
    return;
  }
  if (KindOf(*failure) != kKinds) {
    OnFailure(credential, by_credential_[credential], key, trace_id, *failure, clock_difference,
              now);
  }
}

void TroubleLog::OnFailure(const std::string& credential, Troubles& troubles,
                           const base::RunKey& key, absl::string_view trace_id,
                           const PollFailure& failure,
                           std::optional<absl::Duration> clock_difference,
                           base::MonotonicTime now) {
  const Kind kind = KindOf(failure);
  Trouble& trouble = troubles[kind];
  // A run that does not exist has no good answer to wait for.
  if (kind != kPathUnknown) {
    if (!trouble.open) {
      trouble.open = true;
      trouble.since = now;
      trouble.failures = 0;
      trouble.told = false;
      ++open_;
    }
    ++trouble.failures;
    if (trouble.runs.size() < kMostRuns || trouble.runs.contains(key.run_id)) {
      trouble.runs[key.run_id] = now;
    }
  }
  const std::optional<uint64_t> suppressed = trouble.limit.Pass(now);
  if (!suppressed.has_value()) return;
  trouble.told = true;
  std::vector<LogField> fields = {{"credential", credential},  {"stream", key.stream_id},
                                  {"run", key.run_id},         {"trace_id", trace_id},
                                  {"answer", failure.message}, {"suppressed", *suppressed}};
  if (kind == kRefused && clock_difference.has_value()) {
    // `Date` has whole seconds; more would only pretend.
    fields.emplace_back("clock_difference_seconds", absl::ToInt64Seconds(*clock_difference));
  }
  Log(Severity::kWarning, kWords[kind].event, kWords[kind].message, fields);
}

void TroubleLog::OnGoodAnswer(const std::string& credential, Troubles& troubles,
                              const std::string& run_id, base::MonotonicTime now) {
  for (size_t kind = 0; kind < kKinds; ++kind) {
    Trouble& trouble = troubles[kind];
    if (!trouble.open) continue;
    trouble.runs.erase(run_id);
    const absl::Duration forgotten = kind == kThrottled ? kThrottledForgotten : kForgotten;
    absl::erase_if(trouble.runs, [&](const auto& run) { return run.second + forgotten <= now; });
    if (!trouble.runs.empty()) continue;
    trouble.open = false;
    --open_;
    if (!trouble.told) continue;
    Log(Severity::kInfo, "platform.recovered", "the platform answers as it should again",
        {{"credential", credential},
         {"after", kWords[kind].event},
         {"seconds", absl::ToInt64Seconds(now - trouble.since)},
         {"failures", trouble.failures}});
  }
}

}  // namespace runcast::upstream
