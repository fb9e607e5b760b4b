// Follows batch-test runs through a runcast gateway.
//
//   auto client = runcast::client::RunStatusClient::Make({.targets = {"gateway:8443"}});
//   runcast::v1::RunReference run;
//   run.set_stream_id("st-…"); run.set_suite_name("smoke"); run.set_run_id("tr-…");
//   auto end = (*client)->WaitUntilDone(run, absl::Now() + absl::Minutes(30));

#ifndef RUNCAST_RUN_STATUS_CLIENT_H_
#define RUNCAST_RUN_STATUS_CLIENT_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runcast/client_options.h"
#include "runcast/v1/run_status.pb.h"
#include "runcast/watch.h"

namespace runcast::client {

class ChannelPool;
class WatchLoop;

struct GetStatusOptions {
  // How old an answer from the gateway's memory may be, 0 s to 1 h. Nothing: the gateway's 5 s.
  std::optional<absl::Duration> max_staleness{};
  // Whether to return the signed link to the report.
  bool include_report_link = false;
  // Longest time of the call. Nothing: ClientOptions::call_timeout.
  std::optional<absl::Duration> timeout{};
};

struct StatusAnswer {
  v1::RunStatus status{};
  // When the platform last confirmed it; InfinitePast when never.
  absl::Time last_good_answer_at = absl::InfinitePast();
  // Grants access by itself: treat it as a secret. Empty when not asked for or not there; also when
  // the platform could not be asked, which `status.freshness` tells: it is stale then.
  std::string report_link{};
};

// Threads: any thread may call anything. One thread of its own runs all watches.
// Lifetime: the destructor ends open watches with CANCELLED, waits for callbacks and joins its
//   thread. Calls that block must have returned before; handles may live longer. Not to be
//   destroyed inside a callback.
// Errors: absl::Status with the gateway's code, text and details (error_reason.h). A run
//   reference that the gateway would refuse is refused here with INVALID_ARGUMENT and reason
//   `INVALID_FIELD`, without a call.
class RunStatusClient {
 public:
  // Fails with INVALID_ARGUMENT on options that make no sense and on unreadable TLS files.
  // Connects only when the first call needs it.
  static absl::StatusOr<std::unique_ptr<RunStatusClient>> Make(ClientOptions options);
  ~RunStatusClient();
  RunStatusClient(const RunStatusClient&) = delete;
  RunStatusClient& operator=(const RunStatusClient&) = delete;

  // Asks once. After trouble of the connection, and when the gateway drains or is full, it asks
  // again, each target once and then two times more, within the time limit; answers of the
  // gateway stand.
  absl::StatusOr<StatusAnswer> GetStatus(const v1::RunReference& run,
                                         const GetStatusOptions& options = {});

  // Follows a run until it ends, reconnecting by itself. Watches of the same run by one client
  // share one stream, and one that comes later gets the newest status at once; each client of a
  // process has its own, so one client for the whole process is best.
  [[nodiscard]] WatchHandle Watch(const v1::RunReference& run, WatchCallbacks callbacks);

  // Blocks until the run has ended and returns its last status, whatever it says: `completed`
  // is not a verdict. DEADLINE_EXCEEDED when `deadline` comes first; FAILED_PRECONDITION inside
  // a callback, where waiting would never end.
  absl::StatusOr<v1::RunStatus> WaitUntilDone(const v1::RunReference& run, absl::Time deadline);

 private:
  RunStatusClient(ClientOptions options, std::shared_ptr<ChannelPool> channels);

  const ClientOptions options_;
  const std::shared_ptr<ChannelPool> channels_;
  const std::shared_ptr<WatchLoop> watches_;
};

}  // namespace runcast::client

#endif  // RUNCAST_RUN_STATUS_CLIENT_H_
