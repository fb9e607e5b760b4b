// What the platform's words for the state of a run mean.

#ifndef RUNCAST_GATEWAY_UPSTREAM_STATUS_WORDS_H_
#define RUNCAST_GATEWAY_UPSTREAM_STATUS_WORDS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace runcast::upstream {

enum class WordMeaning {
  kActive,
  kCompleted,
  kFailed,
  kCancelled,
  kUnknown,  // No verdict about the end of the run by itself.
};

// Words are compared after lower-casing and dropping `_`, `-` and blanks; the list is in section
// 4.4 of the upstream reference. The spelling for a cancelled run is not documented, so an
// installation can add words.
//
// Threads: any, it never changes.
class StatusWords {
 public:
  using Word = std::pair<std::string, WordMeaning>;

  // Words in `more` win over the ones built in.
  explicit StatusWords(const std::vector<Word>& more = {});

  WordMeaning Meaning(absl::string_view word) const;

  // Whether two words say the same: equal meanings, or one unknown word in two spellings.
  bool Agree(absl::string_view a, absl::string_view b) const;

 private:
  absl::flat_hash_map<std::string, WordMeaning> meanings_;  // By normalised word.
};

}  // namespace runcast::upstream

#endif  // RUNCAST_GATEWAY_UPSTREAM_STATUS_WORDS_H_
