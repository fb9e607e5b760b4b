// The Lua that runs inside Redis: one script a verb. Keys and fields: README.md.

#ifndef RUNCAST_GATEWAY_COORDINATION_REDIS_SCRIPTS_H_
#define RUNCAST_GATEWAY_COORDINATION_REDIS_SCRIPTS_H_

#include <array>
#include <cstddef>

namespace runcast::coordination {

enum class Script { kRenew, kClaim, kPublish, kRelease, kBorrow, kLeave, kCount };

// Sources, by Script. All run in constant time but for what belongs to one run, and kRenew, which
// looks at every replica.
extern const std::array<const char*, static_cast<size_t>(Script::kCount)> kScriptSources;

// What an entry of a stream is about, its field `k`.
inline constexpr char kRecordEntry = 'p';    // A poll's outcome.
inline constexpr char kWantedEntry = 'w';    // Somebody follows this variant of the owner's run.
inline constexpr char kReleasedEntry = 'g';  // The run was let go.
inline constexpr char kOfferedEntry = 'f';  // And somebody who reaches the platform should take it.

}  // namespace runcast::coordination

#endif  // RUNCAST_GATEWAY_COORDINATION_REDIS_SCRIPTS_H_
