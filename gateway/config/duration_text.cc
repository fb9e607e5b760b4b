#include "gateway/config/duration_text.h"

namespace runcast::config {
namespace {

// The range of google.protobuf.Duration: about 10,000 years.
constexpr absl::Duration kLongest = absl::Seconds(315'576'000'000);

}  // namespace

std::optional<absl::Duration> ParseDuration(absl::string_view text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration)) return std::nullopt;
  if (duration < absl::ZeroDuration() || duration > kLongest) return std::nullopt;
  return duration;
}

std::string DurationText(absl::Duration duration) {
  // Abseil writes zero without a unit.
  if (duration == absl::ZeroDuration()) return "0s";
  return absl::FormatDuration(duration);
}

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
  return proto;
}

}  // namespace runcast::config
