// One sentence of the contract that a history breaks.

#ifndef RUNCAST_TESTS_HISTORY_FINDING_H_
#define RUNCAST_TESTS_HISTORY_FINDING_H_

#include <array>
#include <string>

namespace runcast::history {

struct Finding {
  enum class Kind {
    kLost,             // The platform told it and the watcher never heard, though others had time.
    kDuplicated,       // The same news twice.
    kReordered,        // A sequence that falls.
    kBackward,         // Progress that falls, or an active state after a terminal one.
    kLate,             // It came, but after the limit.
    kMissingTerminal,  // No terminal status.
    kInvented,         // More than the platform had told by then.
    kMalformed,        // A message or an end that the contract does not know.
  } kind;
  std::string words;

  static constexpr std::array<const char*, 8> kNames = {
      "lost", "duplicated",       "reordered", "backward",
      "late", "missing terminal", "invented",  "malformed"};
  const char* name() const { return kNames[static_cast<size_t>(kind)]; }
};

}  // namespace runcast::history

#endif  // RUNCAST_TESTS_HISTORY_FINDING_H_
