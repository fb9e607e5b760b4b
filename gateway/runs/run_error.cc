#include "gateway/runs/run_error.h"

namespace runcast::runs {

const char* ReasonName(Reason reason) {
  switch (reason) {
    case Reason::kNone:
      return "";
    case Reason::kInvalidField:
      return "INVALID_FIELD";
    case Reason::kStreamNotServed:
      return "STREAM_NOT_SERVED";
    case Reason::kAccessDenied:
      return "ACCESS_DENIED";
    case Reason::kIdentityRequired:
      return "IDENTITY_REQUIRED";
    case Reason::kRunNotFound:
      return "RUN_NOT_FOUND";
    case Reason::kSuiteNotFound:
      return "SUITE_NOT_FOUND";
    case Reason::kRunDeleted:
      return "RUN_DELETED";
    case Reason::kUpstreamCredentials:
      return "UPSTREAM_CREDENTIALS";
    case Reason::kUpstreamScope:
      return "UPSTREAM_SCOPE";
    case Reason::kUpstreamUnavailable:
      return "UPSTREAM_UNAVAILABLE";
    case Reason::kUpstreamProtocol:
      return "UPSTREAM_PROTOCOL";
    case Reason::kRunBudgetSpent:
      return "RUN_BUDGET_SPENT";
    case Reason::kRunVariants:
      return "RUN_VARIANTS";
    case Reason::kCallerLimit:
      return "CALLER_LIMIT";
    case Reason::kDraining:
      return "DRAINING";
    case Reason::kOverloaded:
      return "OVERLOADED";
    case Reason::kStreamMaxAge:
      return "STREAM_MAX_AGE";
    case Reason::kUpstreamWentBack:
      return "UPSTREAM_WENT_BACK";
  }
  return "";
}

}  // namespace runcast::runs
