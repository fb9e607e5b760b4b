// Times as the public API spells them.

#ifndef RUNCAST_GATEWAY_RUNS_WIRE_TIME_H_
#define RUNCAST_GATEWAY_RUNS_WIRE_TIME_H_

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace runcast::runs {

// Whether a Timestamp can be this time: the years 1 to 9999. Readers may fail on any other.
inline bool FitsTimestamp(absl::Time time) {
  constexpr int64_t kFirstSecond = -62135596800;  // 0001-01-01
  constexpr int64_t kEndSecond = 253402300800;    // 10000-01-01
  return time >= absl::FromUnixSeconds(kFirstSecond) && time < absl::FromUnixSeconds(kEndSecond);
}

// `time` must fit.
inline google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return timestamp;
}

inline absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_WIRE_TIME_H_
