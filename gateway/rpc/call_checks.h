// The two questions every call about a run has to pass: may the caller see it, and does the
// call fit.

#ifndef RUNCAST_GATEWAY_RPC_CALL_CHECKS_H_
#define RUNCAST_GATEWAY_RPC_CALL_CHECKS_H_

#include "gateway/access/access_control.h"
#include "gateway/rpc/admission.h"
#include "gateway/rpc/status_mapping.h"
#include "gateway/rpc/surroundings.h"
#include "gateway/runs/run_error.h"

namespace runcast::rpc {

// Why the caller may not, counted; kNone when it may.
runs::Reason CheckAccess(const Surroundings& around, const access::AccessRequest& request);

// How a call ends that admission refused like this, counted.
CallEnd EndByLimit(const Surroundings& around, const access::Caller& caller,
                   Admission::Answer refusal, double spread);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_CALL_CHECKS_H_
