#include "gateway/base/rate_limiter.h"

#include <algorithm>

namespace runcast::base {

RateLimiter::RateLimiter(Options options)
    // Written so that a NaN counts as no rate at all.
    : unlimited_(!(options.per_second > 0)), max_keys_(options.max_keys) {
  if (unlimited_) return;
  const double burst = options.burst >= 1 ? options.burst : std::max(1.0, options.per_second);
  per_token_ = absl::Seconds(1) / options.per_second;
  debt_limit_ = per_token_ * (burst - 1);
}

absl::Duration RateLimiter::Wait(MonotonicTime full_at, MonotonicTime now) const {
  return std::max(absl::ZeroDuration(), full_at - now - debt_limit_);
}

bool RateLimiter::Take(MonotonicTime& full_at, MonotonicTime now) const {
  if (Wait(full_at, now) > absl::ZeroDuration()) return false;
  full_at = std::max(full_at, now) + per_token_;
  return true;
}

void RateLimiter::ForgetFull(MonotonicTime now) {
  // Two at a time: each call adds at most one key, so the rest never piles up, and no call pays
  // for all of them. A bucket in front that is not full yet hides full ones behind it for no
  // longer than it takes to fill a bucket.
  for (int i = 0; i < 2 && !buckets_.empty() && buckets_.front().full_at <= now; ++i) {
    bucket_of_.erase(buckets_.front().key);
    buckets_.pop_front();
  }
}

bool RateLimiter::Allow(absl::string_view key, MonotonicTime now) {
  if (unlimited_) return true;
  const auto found = bucket_of_.find(key);
  if (found != bucket_of_.end()) {
    const auto bucket = found->second;
    if (!Take(bucket->full_at, now)) return false;
    buckets_.splice(buckets_.end(), buckets_, bucket);
    return true;
  }
  ForgetFull(now);
  if (bucket_of_.size() >= max_keys_) return Take(overflow_full_at_, now);
  const auto bucket = buckets_.insert(buckets_.end(), {std::string(key), now});
  bucket_of_.emplace(bucket->key, bucket);
  return Take(bucket->full_at, now);
}

absl::Duration RateLimiter::RetryAfter(absl::string_view key, MonotonicTime now) const {
  if (unlimited_) return absl::ZeroDuration();
  const auto found = bucket_of_.find(key);
  if (found != bucket_of_.end()) return Wait(found->second->full_at, now);
  // The one in front may make room.
  const bool full =
      bucket_of_.size() >= max_keys_ && (buckets_.empty() || buckets_.front().full_at > now);
  return full ? Wait(overflow_full_at_, now) : absl::ZeroDuration();
}

}  // namespace runcast::base
