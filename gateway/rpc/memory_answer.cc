#include "gateway/rpc/memory_answer.h"

#include <cstring>

#include "gateway/runs/wire_time.h"
#include "runcast/v1/run_status_service.pb.h"

namespace runcast::rpc {

bool MayAnswerFromMemory(const runs::TableEntry& entry, absl::Duration max_staleness,
                         base::MonotonicTime now) {
  if (entry.snapshot == nullptr) return false;
  if (entry.snapshot->terminal()) return true;
  if (max_staleness <= absl::ZeroDuration()) return false;
  if (entry.vitals.kept_fresh && entry.vitals.freshness.state() == v1::Freshness::STATE_FRESH) {
    return true;
  }
  return now - entry.vitals.last_good_answer_monotonic < max_staleness;
}

grpc_slice EncodeGetStatusResponse(const runs::Snapshot& snapshot, absl::Time last_good_answer,
                                   const base::SecretString& report_link) {
  v1::GetStatusResponse rest;
  if (last_good_answer != absl::InfinitePast()) {
    *rest.mutable_last_good_answer_at() = runs::ToTimestamp(last_good_answer);
  }
  if (!report_link.empty()) rest.set_report_link(report_link.Reveal());
  const absl::string_view status = snapshot.status_field();
  const size_t rest_size = rest.ByteSizeLong();
  grpc_slice slice = grpc_slice_malloc(status.size() + rest_size);
  uint8_t* const bytes = GRPC_SLICE_START_PTR(slice);
  std::memcpy(bytes, status.data(), status.size());
  rest.SerializeWithCachedSizesToArray(bytes + status.size());
  return slice;
}

}  // namespace runcast::rpc
