#include "gateway/rpc/heartbeat.h"

#include "gateway/runs/wire_time.h"
#include "runcast/v1/run_status_service.pb.h"

namespace runcast::rpc {

std::string EncodeHeartbeat(const runs::RunVitals* vitals, const runs::ResumeToken* seen) {
  v1::WatchRunResponse response;
  v1::Heartbeat& heartbeat = *response.mutable_heartbeat();
  if (vitals != nullptr) {
    // One that is not known does not fit either; nor does what a run that seems to last for
    // centuries makes of a prediction.
    if (runs::FitsTimestamp(vitals->last_good_answer)) {
      *heartbeat.mutable_last_good_answer_at() = runs::ToTimestamp(vitals->last_good_answer);
    }
    if (runs::FitsTimestamp(vitals->next_poll)) {
      *heartbeat.mutable_next_poll_at() = runs::ToTimestamp(vitals->next_poll);
    }
    if (runs::FitsTimestamp(vitals->predicted_end)) {
      *heartbeat.mutable_predicted_end_at() = runs::ToTimestamp(vitals->predicted_end);
    }
    *heartbeat.mutable_freshness() = vitals->freshness;
  }
  if (heartbeat.freshness().state() == v1::Freshness::STATE_UNSPECIFIED) {
    heartbeat.mutable_freshness()->set_state(v1::Freshness::STATE_NEVER_SEEN);
  }
  if (seen != nullptr) response.set_resume_token(runs::EncodeResumeToken(*seen));
  return response.SerializeAsString();
}

}  // namespace runcast::rpc
