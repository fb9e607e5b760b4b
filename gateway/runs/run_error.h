// Why a call about a run cannot be answered, in our own words; rpc/status_mapping.h says what
// callers see of it.

#ifndef RUNCAST_GATEWAY_RUNS_RUN_ERROR_H_
#define RUNCAST_GATEWAY_RUNS_RUN_ERROR_H_

#include <string>

#include "absl/time/time.h"

namespace runcast::runs {

// The reasons callers can branch on. Names on the wire: contract, "Errors".
enum class Reason {
  kNone,
  kInvalidField,
  kStreamNotServed,
  kAccessDenied,
  kIdentityRequired,
  kRunNotFound,
  kSuiteNotFound,
  kRunDeleted,
  kUpstreamCredentials,
  kUpstreamScope,
  kUpstreamUnavailable,
  kUpstreamProtocol,
  kRunBudgetSpent,
  kRunVariants,
  kCallerLimit,
  kDraining,
  kOverloaded,
  kStreamMaxAge,
  kUpstreamWentBack,  // Only as the reason of a stale status.
};

// The name of a reason on the wire, such as `RUN_NOT_FOUND`. Empty for kNone.
const char* ReasonName(Reason reason);

struct RunError {
  Reason reason = Reason::kNone;
  // For people, at most 400 bytes, valid UTF-8; no upstream body, token, secret or link.
  std::string message;
  // After how long asking again makes sense; zero: it does not, or at once.
  absl::Duration retry_after;
  // Whether the platform had a part in it: then headers go out before the error, else the
  // error goes without headers so that a mesh may try another replica.
  bool after_upstream = false;
  // The trouble is expected to pass by itself: credentials that somebody may be mending count
  // as a platform that is down.
  bool passing = false;
  // Watches that were opened with a resume token stay open (they know the run exists).
  bool spares_resumed = false;
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_RUN_ERROR_H_
