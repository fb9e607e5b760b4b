// What follows a drain's spread before the process has ended.

#ifndef RUNCAST_GATEWAY_CONFIG_DRAIN_END_H_
#define RUNCAST_GATEWAY_CONFIG_DRAIN_END_H_

#include "absl/time/time.h"

namespace runcast::config {

// How long after the last stream was told to end calls may take to do so. Streams end within a
// round trip; reads that joined a poll have had the time of the spread already.
inline constexpr absl::Duration kLastWords = absl::Seconds(5);
// For the word to the other replicas that this one stops. Without it they find out by themselves.
inline constexpr absl::Duration kFarewell = absl::Seconds(1);
// And what then still waits for an answer, once told that none will come.
inline constexpr absl::Duration kRefusalsOut = absl::Seconds(1);
// How long peers may take to say that they have read what was sent. A connection that is closed
// before, with a request of theirs unread, is reset, and a reset takes with it what they had not
// read yet: the reason and the token of streams that ended just now.
inline constexpr absl::Duration kGoodbye = absl::Seconds(1);

// All of it, one after another.
inline absl::Duration TimeAfterSpread() { return kLastWords + kFarewell + kRefusalsOut + kGoodbye; }

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_DRAIN_END_H_
