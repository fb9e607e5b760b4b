// Durations as people write them: `250ms`, `20s`, `15m`, `1h30m`.

#ifndef RUNCAST_GATEWAY_CONFIG_DURATION_TEXT_H_
#define RUNCAST_GATEWAY_CONFIG_DURATION_TEXT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"

namespace runcast::config {

// Nothing for what is negative, endless, or a number without a unit (a bare `0` is fine).
std::optional<absl::Duration> ParseDuration(absl::string_view text);

// The shortest spelling that reads back as the same: `2100ms` is `2.1s`, `60s` is `1m`.
std::string DurationText(absl::Duration duration);

absl::Duration FromProto(const google::protobuf::Duration& duration);
google::protobuf::Duration ToProto(absl::Duration duration);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_DURATION_TEXT_H_
