// The outcome of a poll as it travels between replicas.
//
// Pure.

#ifndef RUNCAST_GATEWAY_RUNS_RUN_RECORD_H_
#define RUNCAST_GATEWAY_RUNS_RUN_RECORD_H_

#include <string>

#include "gateway/runs/run_feed.h"
#include "gateway/upstream/status_client.h"
#include "runcast/coordination/v1/run_record.pb.h"

namespace runcast::runs {

// What to tell once the feed has taken what a poll brought; `failure` is null when that was good.
std::string EncodeRecord(const RunFeed& feed, const upstream::PollFailure* failure);

// The failure that a record tells of; it has one.
upstream::PollFailure FailureOf(const coordination::v1::RunRecord& record);

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_RUN_RECORD_H_
