#include "runcast/run_status_client.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/src/channel_factory.h"
#include "client/src/channel_pool.h"
#include "client/src/run_reference_check.h"
#include "client/src/status_call.h"
#include "client/src/status_translation.h"
#include "client/src/target_check.h"
#include "client/src/timers.h"
#include "client/src/watch_loop.h"

namespace runcast::client {
namespace {

absl::Status CheckOptions(const ClientOptions& options) {
  if (options.targets.empty()) return absl::InvalidArgumentError("no gateway: give HOST:PORT");
  for (const auto& target : options.targets) {
    if (absl::Status fault = CheckTarget(target); !fault.ok()) return fault;
  }
  if (options.heartbeat_interval < absl::Seconds(5) ||
      options.heartbeat_interval > absl::Minutes(10)) {
    return absl::InvalidArgumentError(absl::StrCat("heartbeat_interval is ",
                                                   absl::FormatDuration(options.heartbeat_interval),
                                                   "; the gateway allows 5s to 10m"));
  }
  if (options.call_timeout <= absl::ZeroDuration() ||
      options.headers_timeout <= absl::ZeroDuration() ||
      options.initial_backoff <= absl::ZeroDuration() ||
      options.max_backoff < options.initial_backoff ||
      options.silence_limit < absl::ZeroDuration() ||
      options.outage_limit <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        "time limits must be positive, and max_backoff at least initial_backoff");
  }
  if (options.max_streams_per_channel < 1 || options.failures_before_new_channel < 1) {
    return absl::InvalidArgumentError(
        "max_streams_per_channel and failures_before_new_channel must be at least 1");
  }
  return absl::OkStatus();
}

ReconnectPolicy::Options BackoffOf(const ClientOptions& options) {
  return {.initial_backoff = options.initial_backoff, .max_backoff = options.max_backoff};
}

RunStream::Options StreamOptionsOf(const ClientOptions& options) {
  return {.heartbeat_interval = options.heartbeat_interval,
          .silence_limit = options.silence_limit > absl::ZeroDuration()
                               ? options.silence_limit
                               : 3 * options.heartbeat_interval,
          .headers_timeout = options.headers_timeout,
          .outage_limit = options.outage_limit,
          .backoff = BackoffOf(options)};
}

// Words for how far a run had come.
std::string Seen(const std::optional<v1::RunStatus>& status) {
  if (!status) return "nothing was seen of it";
  std::string seen = absl::StrCat("last seen ", status->raw_state());
  if (status->progress().has_percent()) {
    absl::StrAppend(&seen, " at ", status->progress().percent(), " %");
  }
  return seen;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunStatusClient>> RunStatusClient::Make(ClientOptions options) {
  if (absl::Status fault = CheckOptions(options); !fault.ok()) return fault;
  auto factory = ChannelFactory::Make(options);
  if (!factory.ok()) return factory.status();
  auto channels = std::make_shared<ChannelPool>(
      ChannelPool::Options{
          .max_streams_per_channel = options.max_streams_per_channel,
          // Where there is another gateway, it is the better second try.
          .failures_before_new_channel =
              options.targets.size() > 1 ? 1 : options.failures_before_new_channel},
      [factory = *std::move(factory)](int ordinal) mutable {
        return factory.MakeChannel(ordinal);
      });
  return std::unique_ptr<RunStatusClient>(
      new RunStatusClient(std::move(options), std::move(channels)));
}

RunStatusClient::RunStatusClient(ClientOptions options, std::shared_ptr<ChannelPool> channels)
    : options_(std::move(options)),
      channels_(std::move(channels)),
      watches_(std::make_shared<WatchLoop>(StreamOptionsOf(options_), channels_)) {}

RunStatusClient::~RunStatusClient() { watches_->Stop(); }

absl::StatusOr<StatusAnswer> RunStatusClient::GetStatus(const v1::RunReference& run,
                                                        const GetStatusOptions& options) {
  if (const absl::Status fault = CheckRunReference(run); !fault.ok()) {
    return WithContext(fault, "status");
  }
  v1::GetStatusRequest request;
  *request.mutable_run() = run;
  request.set_include_report_link(options.include_report_link);
  if (options.max_staleness) {
    const absl::Duration staleness = *options.max_staleness;
    if (staleness < absl::ZeroDuration() || staleness > absl::Hours(1)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "max_staleness is ", absl::FormatDuration(staleness), "; allowed is 0s to 1h"));
    }
    auto* field = request.mutable_max_staleness();
    field->set_seconds(absl::ToInt64Seconds(staleness));
    field->set_nanos(static_cast<int32_t>(
        absl::ToInt64Nanoseconds(staleness - absl::Seconds(field->seconds()))));
  }

  auto response =
      CallGetStatus(*channels_, static_cast<int>(options_.targets.size()), request,
                    options.timeout.value_or(options_.call_timeout), BackoffOf(options_));
  if (!response.ok()) return response.status();
  StatusAnswer answer;
  answer.status = std::move(*response->mutable_status());
  answer.report_link = std::move(*response->mutable_report_link());
  if (response->has_last_good_answer_at()) {
    answer.last_good_answer_at = absl::FromUnixSeconds(response->last_good_answer_at().seconds()) +
                                 absl::Nanoseconds(response->last_good_answer_at().nanos());
  }
  return answer;
}

WatchHandle RunStatusClient::Watch(const v1::RunReference& run, WatchCallbacks callbacks) {
  return watches_->Watch(run, std::move(callbacks));
}

absl::StatusOr<v1::RunStatus> RunStatusClient::WaitUntilDone(const v1::RunReference& run,
                                                             absl::Time deadline) {
  if (watches_->InLoop()) {
    return absl::FailedPreconditionError("WaitUntilDone inside a callback would never return");
  }
  std::mutex mutex;
  std::condition_variable ended;
  std::optional<v1::RunStatus> newest;  // Guarded by mutex, like `end`.
  std::optional<absl::Status> end;
  WatchCallbacks callbacks;
  callbacks.on_status = [&](const v1::RunStatus& status) {
    std::lock_guard<std::mutex> lock(mutex);
    newest = status;
  };
  callbacks.on_done = [&](const absl::Status& status) {
    std::lock_guard<std::mutex> lock(mutex);
    end = status;
    ended.notify_all();
  };

  // Monotonic from here on: a wall clock that is set does not move the end.
  const MonotonicTime limit = After(std::chrono::steady_clock::now(), deadline - absl::Now());
  WatchHandle watch = Watch(run, std::move(callbacks));
  bool in_time = false;
  {
    std::unique_lock<std::mutex> lock(mutex);
    in_time = ended.wait_until(lock, limit, [&] { return end.has_value(); });
  }
  watch.Cancel();  // After it no callback touches the variables above.
  if (!in_time) {
    return absl::DeadlineExceededError(
        absl::StrCat("run ", run.run_id(), " did not end before the deadline; ", Seen(newest)));
  }
  if (!end->ok()) return *end;
  return *std::move(newest);
}

}  // namespace runcast::client
