#include "client/src/status_call.h"

#include <grpc/support/time.h>
#include <grpcpp/client_context.h>

#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/src/call_metadata.h"
#include "client/src/status_translation.h"
#include "client/src/timers.h"
#include "runcast/error_reason.h"
#include "runcast/v1/run_status_service.grpc.pb.h"

namespace runcast::client {
namespace {

constexpr int kTries = 3;

absl::Status CallOnce(ChannelPool& channels, const v1::GetStatusRequest& request,
                      absl::Duration timeout, v1::GetStatusResponse* response) {
  const auto lease = channels.Acquire();
  grpc::ClientContext context;
  AddRunMetadata(request.run(), context);
  context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                   gpr_time_from_nanos(absl::ToInt64Nanoseconds(timeout), GPR_TIMESPAN)));
  const auto stub = v1::RunStatusService::NewStub(lease->channel());
  absl::Status status = TranslateStatus(stub->GetStatus(&context, request, response),
                                        absl::StrCat("status of run ", request.run().run_id()));
  if (IsConnectionTrouble(status)) {
    lease->ReportFailure();
  } else if (!absl::IsDeadlineExceeded(status)) {
    lease->ReportAnswer();
  }
  return status;
}

}  // namespace

absl::StatusOr<v1::GetStatusResponse> CallGetStatus(ChannelPool& channels,
                                                    const v1::GetStatusRequest& request,
                                                    absl::Duration timeout,
                                                    ReconnectPolicy::Options backoff) {
  const MonotonicTime deadline = After(std::chrono::steady_clock::now(), timeout);
  std::mt19937_64 random(std::random_device{}());
  ReconnectPolicy policy(backoff,
                         [&] { return std::uniform_real_distribution<double>(0, 1)(random); });
  for (int tries = 1;; ++tries) {
    v1::GetStatusResponse response;
    absl::Status status =
        CallOnce(channels, request, Between(std::chrono::steady_clock::now(), deadline), &response);
    if (status.ok()) return response;
    // A read may be repeated: it changes nothing. What the gateway says of the run stands.
    if (!IsConnectionTrouble(status) || tries == kTries) return status;
    const absl::Duration wait =
        policy.NextWait(absl::ZeroDuration(), RetryDelay(status).value_or(absl::ZeroDuration()));
    if (wait >= Between(std::chrono::steady_clock::now(), deadline)) return status;
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(wait));
  }
}

}  // namespace runcast::client
