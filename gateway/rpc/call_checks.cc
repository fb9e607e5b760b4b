#include "gateway/rpc/call_checks.h"

#include <google/protobuf/stubs/logging.h>

#include "absl/strings/str_cat.h"

namespace runcast::rpc {

runs::Reason CheckAccess(const Surroundings& around, const access::AccessRequest& request) {
  runs::Reason reason = runs::Reason::kAccessDenied;
  switch (around.access.Check(request)) {
    case access::Verdict::kAllowed:
      return runs::Reason::kNone;
    case access::Verdict::kIdentityRequired:
      reason = runs::Reason::kIdentityRequired;
      break;
    case access::Verdict::kStreamNotServed:
      reason = runs::Reason::kStreamNotServed;
      break;
    case access::Verdict::kAccessDenied:
      break;
  }
  around.metrics.access_denied.Add();
  return reason;
}

CallEnd EndByLimit(const Surroundings& around, const access::Caller& caller,
                   Admission::Answer refusal, double spread) {
  const Admission::Options& limits = around.admission.options();
  switch (refusal) {
    case Admission::Answer::kCallerWatches:
      around.metrics.CountLimit(telemetry::CallLimit::kCallerWatches);
      return MapCallerLimit(
          caller.name, absl::StrCat("at most ", limits.max_watches_per_caller, " open watches"));
    case Admission::Answer::kConnectionWatches:
      around.metrics.CountLimit(telemetry::CallLimit::kConnectionWatches);
      return MapCallerLimit(caller.name, absl::StrCat("at most ", limits.max_watches_per_connection,
                                                      " open watches on one connection"));
    case Admission::Answer::kCallerReads:
      around.metrics.CountLimit(telemetry::CallLimit::kCallerReads);
      return MapCallerLimit(caller.name,
                            absl::StrCat("at most ", limits.max_waiting_reads_per_caller,
                                         " reads that wait for the platform"));
    case Admission::Answer::kCallerRate:
      around.metrics.CountLimit(telemetry::CallLimit::kCallerRate);
      return MapCallerLimit(
          caller.name,
          absl::StrCat("at most ", limits.calls_per_second_per_caller, " calls a second"));
    case Admission::Answer::kFull:
      around.metrics.CountLimit(telemetry::CallLimit::kWatches);
      break;
    case Admission::Answer::kRunWatches:
      around.metrics.CountLimit(telemetry::CallLimit::kRunWatches);
      break;
    case Admission::Answer::kAdmitted:
      GOOGLE_LOG(FATAL) << "a call that was admitted has no end by a limit";
  }
  // Another replica may have room.
  runs::RunError error;
  error.reason = runs::Reason::kOverloaded;
  return MapError(error, spread);
}

}  // namespace runcast::rpc
