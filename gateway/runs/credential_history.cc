#include "gateway/runs/credential_history.h"

#include <algorithm>

#include "absl/time/time.h"

namespace runcast::runs {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr absl::Duration kRefusalMemory = absl::Minutes(10);
constexpr size_t kMaxRecords = 10'000;

}  // namespace

void CredentialHistory::OnAccepted(absl::string_view stream_id) {
  records_[stream_id] = Record{.worked = true};
}

void CredentialHistory::OnRefused(absl::string_view stream_id, base::MonotonicTime now) {
  if (records_.size() >= kMaxRecords && !records_.contains(stream_id)) {
    absl::erase_if(records_, [&](const auto& record) {
      return !record.second.worked && record.second.last_refusal + kRefusalMemory <= now;
    });
    if (records_.size() >= kMaxRecords) return;
  }
  Record& record = records_[stream_id];
  // After a long silence the refusals start anew.
  if (record.last_refusal + kRefusalMemory <= now) record.first_refusal = now;
  record.first_refusal = std::min(record.first_refusal, now);
  record.last_refusal = now;
}

bool CredentialHistory::IsPatient(absl::string_view stream_id, base::MonotonicTime now) const {
  const auto found = records_.find(stream_id);
  if (found == records_.end()) return false;
  return found->second.worked || now < found->second.first_refusal + kPatience;
}

}  // namespace runcast::runs
