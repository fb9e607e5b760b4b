#include "client/src/status_call.h"

#include <grpc/support/time.h>
#include <grpcpp/client_context.h>

#include <random>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/src/call_metadata.h"
#include "client/src/status_translation.h"
#include "client/src/timers.h"
#include "runcast/error_reason.h"
#include "runcast/v1/run_status_service.grpc.pb.h"

namespace runcast::client {
namespace {

// Calls on top of one for each target, where there are several: a target that is alone is asked
// again by gRPC, as client/service_config.json says.
constexpr int kFurtherTries = 2;

gpr_timespec DeadlineIn(absl::Duration time) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_nanos(absl::ToInt64Nanoseconds(time), GPR_TIMESPAN));
}

// Whether the channel came to a decision within `limit`: connected, or failed to. A call tells
// which.
bool Settles(grpc::Channel& channel, absl::Duration limit) {
  const gpr_timespec deadline = DeadlineIn(limit);
  for (;;) {
    const grpc_connectivity_state state = channel.GetState(/*try_to_connect=*/true);
    if (state != GRPC_CHANNEL_IDLE && state != GRPC_CHANNEL_CONNECTING) return true;
    if (!channel.WaitForStateChange(state, deadline)) return false;
  }
}

// `connect_limit`: what of `timeout` may be spent on a connection.
absl::Status CallOnce(ChannelPool& channels, const v1::GetStatusRequest& request,
                      absl::Duration timeout, absl::Duration connect_limit,
                      v1::GetStatusResponse* response) {
  const MonotonicTime deadline = After(std::chrono::steady_clock::now(), timeout);
  const std::string context = absl::StrCat("status of run ", request.run().run_id());
  const auto lease = channels.Acquire();
  if (connect_limit < timeout && !Settles(*lease->channel(), connect_limit)) {
    lease->ReportFailure();
    return absl::UnavailableError(
        absl::StrCat(context, ": no connection within ",
                     absl::FormatDuration(absl::Trunc(connect_limit, absl::Milliseconds(1)))));
  }
  grpc::ClientContext call;
  AddRunMetadata(request.run(), call);
  call.set_deadline(DeadlineIn(Between(std::chrono::steady_clock::now(), deadline)));
  const auto stub = v1::RunStatusService::NewStub(lease->channel());
  absl::Status status = TranslateStatus(stub->GetStatus(&call, request, response), context);
  if (IsConnectionTrouble(status)) {
    lease->ReportFailure();
  } else if (!absl::IsDeadlineExceeded(status)) {
    lease->ReportAnswer();
  }
  return status;
}

}  // namespace

absl::StatusOr<v1::GetStatusResponse> CallGetStatus(ChannelPool& channels, int targets,
                                                    const v1::GetStatusRequest& request,
                                                    absl::Duration timeout,
                                                    ReconnectPolicy::Options backoff) {
  const MonotonicTime deadline = After(std::chrono::steady_clock::now(), timeout);
  const auto left = [&] { return Between(std::chrono::steady_clock::now(), deadline); };
  std::mt19937_64 random(std::random_device{}());
  ReconnectPolicy policy(backoff,
                         [&] { return std::uniform_real_distribution<double>(0, 1)(random); });
  const int tries = targets > 1 ? targets + kFurtherTries : 1;
  for (int untried = targets, tries_left = tries;;) {
    v1::GetStatusResponse response;
    const absl::Duration time = left();
    // Alone, or as the last hope, a target may take all the time there is.
    absl::Status status =
        CallOnce(channels, request, time, untried > 1 ? time / untried : time, &response);
    if (status.ok()) return response;
    // A read may be repeated: it changes nothing. What the gateway says of the run stands.
    if (!IsConnectionTrouble(status) || --tries_left == 0) return status;
    if (--untried > 0) continue;  // The wait that this one asks for does not concern the next.
    const absl::Duration wait =
        policy.NextWait(absl::ZeroDuration(), RetryDelay(status).value_or(absl::ZeroDuration()));
    if (wait >= left()) return status;
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(wait));
  }
}

}  // namespace runcast::client
