#include "gateway/upstream/unreadable_field_log.h"

#include <cstdint>
#include <optional>

#include "absl/strings/str_join.h"
#include "gateway/telemetry/log.h"

namespace runcast::upstream {

void UnreadableFieldLog::OnFields(absl::string_view credential, const base::RunKey& key,
                                  absl::string_view trace_id,
                                  const std::vector<std::string>& fields, base::MonotonicTime now) {
  std::vector<absl::string_view> told;
  uint64_t suppressed = 0;
  for (const std::string& field : fields) {
    telemetry::EventLimit& limit = by_field_.try_emplace(field, kInterval).first->second;
    const std::optional<uint64_t> kept_back = limit.Pass(now);
    if (!kept_back.has_value()) continue;
    told.push_back(field);
    suppressed += *kept_back;
  }
  if (told.empty()) return;
  Log(telemetry::Severity::kWarning, "platform.field_unreadable",
      "fields of an answer hold something that cannot be read, and count as absent: the platform "
      "changed, or its answer is odd",
      {{"credential", credential},
       {"stream", key.stream_id},
       {"run", key.run_id},
       {"trace_id", trace_id},
       {"fields", absl::StrJoin(told, ",")},
       {"suppressed", suppressed}});
}

}  // namespace runcast::upstream
