// How often each of many callers may do something: a token bucket for each key.
//
// Written for the limits of architecture, section 4 ("10/s per caller"), and of
// `LimitConfig.calls_per_second_per_caller`.

#ifndef RUNCAST_GATEWAY_BASE_RATE_LIMITER_H_
#define RUNCAST_GATEWAY_BASE_RATE_LIMITER_H_

#include <cstddef>
#include <list>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/base/clock.h"

namespace runcast::base {

// In any stretch of `t` seconds a key is allowed at most `burst + t * per_second` times.
//
// A refusal costs nothing: a key that keeps asking is served as soon as one that waits.
// Memory: at most `max_keys` keys are remembered. A key is forgotten once its bucket is full
//   again, which forgets nothing. While `max_keys` others are not full, new keys share one bucket,
//   so that nobody gets a fresh bucket by making up names.
// Threads: none of its own; its owner lets one thread in at a time.
class RateLimiter {
 public:
  struct Options {
    // Zero or less: no limit, and nothing is remembered.
    double per_second = 0;
    // How many at once after silence. Less than 1: as many as a second allows, at least one.
    double burst = 0;
    size_t max_keys = 20'000;
  };

  explicit RateLimiter(Options options);
  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  // Takes one token of `key` if there is one.
  bool Allow(absl::string_view key, MonotonicTime now);

  // How long until `Allow` says yes to `key`, if nobody else takes the token. Zero: at once.
  absl::Duration RetryAfter(absl::string_view key, MonotonicTime now) const;

  // Keys remembered.
  size_t size() const { return bucket_of_.size(); }

 private:
  // A bucket is one point in time: when it will be full again.
  struct Bucket {
    std::string key;
    MonotonicTime full_at;
  };

  absl::Duration Wait(MonotonicTime full_at, MonotonicTime now) const;
  bool Take(MonotonicTime& full_at, MonotonicTime now) const;
  void ForgetFull(MonotonicTime now);

  const bool unlimited_;
  const size_t max_keys_;
  absl::Duration per_token_;   // Time in which one token comes back.
  absl::Duration debt_limit_;  // How far ahead `full_at` may lie for a token to be left.

  std::list<Bucket> buckets_;  // The one that gave a token longest ago is in front.
  // Keys are views of the strings in `buckets_`.
  absl::flat_hash_map<absl::string_view, std::list<Bucket>::iterator> bucket_of_;
  MonotonicTime overflow_full_at_ = MonotonicTime::InfinitePast();
};

}  // namespace runcast::base

#endif  // RUNCAST_GATEWAY_BASE_RATE_LIMITER_H_
