#include "gateway/coordination/engine_time.h"

#include <utility>

namespace runcast::coordination {
namespace {

constexpr absl::Duration kMostDrift = absl::Milliseconds(100);
constexpr absl::Duration kTick = absl::Milliseconds(1);

int64_t FloorMilliseconds(absl::Duration duration) {
  return absl::ToInt64Milliseconds(absl::Floor(duration, kTick));
}

}  // namespace

absl::Duration EngineTime::OnReading(int64_t engine_ms, base::MonotonicTime before,
                                     base::MonotonicTime after) {
  const base::MonotonicTime middle = before + (after - before) / 2;
  const absl::Duration offset = kTick * engine_ms - middle.since_origin();
  const absl::Duration drift = absl::AbsDuration(offset - offset_);
  if (is_known_ && drift <= kMostDrift + (after - before) / 2) return absl::ZeroDuration();
  const absl::Duration before_this = std::exchange(offset_, offset);
  return std::exchange(is_known_, true) ? offset - before_this : absl::ZeroDuration();
}

int64_t EngineTime::ToEngine(base::MonotonicTime time) const {
  return FloorMilliseconds(time.since_origin() + offset_);
}

base::MonotonicTime EngineTime::FromEngine(int64_t engine_ms) const {
  return base::MonotonicTime::FromOrigin(kTick * engine_ms - offset_);
}

std::string EngineTime::Pack(const runs::SendTimes& times) const {
  std::string bytes;
  bytes.reserve(times.size() * 4);
  for (const base::MonotonicTime time : times) {
    const auto ms = static_cast<uint32_t>(ToEngine(time));
    for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(ms >> shift));
  }
  return bytes;
}

runs::SendTimes EngineTime::Unpack(absl::string_view bytes, base::MonotonicTime now) const {
  runs::SendTimes times;
  times.reserve(bytes.size() / 4);
  const int64_t reference = ToEngine(now);
  for (size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    uint32_t ms = 0;
    for (size_t j = 0; j < 4; ++j) {
      ms |= uint32_t{static_cast<unsigned char>(bytes[i + j])} << (8 * j);
    }
    // The difference in 32 bits with a sign: the nearest time with these last bits.
    times.push_back(
        FromEngine(reference + static_cast<int32_t>(ms - static_cast<uint32_t>(reference))));
  }
  return times;
}

}  // namespace runcast::coordination
