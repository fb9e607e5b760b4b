// One pattern of an access policy.

#ifndef RUNCAST_GATEWAY_ACCESS_TEXT_PATTERN_H_
#define RUNCAST_GATEWAY_ACCESS_TEXT_PATTERN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace runcast::access {

// `abc` exact, `abc*` prefix (also `abc` itself), `*abc` suffix (also `abc` itself), `*` anything
// that is not empty. Source: gRFC A43.
//
// Bytes are compared, nothing else: no case folding, no percent-decoding, no Unicode
// normalisation, no cutting of slashes or blanks.
// A pure value. Threads: any.
class TextPattern {
 public:
  // Refuses a `*` anywhere but as the first or the last byte, and two of them: gRPC would take it
  // as a plain star, and whoever wrote it meant something else.
  static absl::StatusOr<TextPattern> Parse(absl::string_view text);

  bool Matches(absl::string_view value) const;

  // Whether this is the exact pattern of nothing.
  bool is_empty() const { return kind_ == Kind::kExact && text_.empty(); }
  // Whether it fixes how a value begins, and with what.
  bool fixes_beginning() const { return kind_ == Kind::kExact || kind_ == Kind::kPrefix; }
  const std::string& text() const { return text_; }

 private:
  enum class Kind { kExact, kPrefix, kSuffix, kPresent };

  TextPattern(Kind kind, absl::string_view text) : kind_(kind), text_(text) {}

  Kind kind_;
  std::string text_;  // Without the star.
};

bool AnyMatches(const std::vector<TextPattern>& patterns, absl::string_view value);

}  // namespace runcast::access

#endif  // RUNCAST_GATEWAY_ACCESS_TEXT_PATTERN_H_
