#include "gateway/access/text_pattern.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/match.h"

namespace runcast::access {

absl::StatusOr<TextPattern> TextPattern::Parse(absl::string_view text) {
  if (text == "*") return TextPattern(Kind::kPresent, "");
  const bool star_first = absl::StartsWith(text, "*");
  const bool star_last = absl::EndsWith(text, "*");
  const absl::string_view rest =
      text.substr(star_first ? 1 : 0, text.size() - (star_first ? 1 : 0) - (star_last ? 1 : 0));
  if ((star_first && star_last) || absl::StrContains(rest, '*')) {
    return absl::InvalidArgumentError(
        "has a `*` that is not alone, or not at one end; write `abc`, `abc*`, `*abc` or `*`");
  }
  if (star_first) return TextPattern(Kind::kSuffix, rest);
  if (star_last) return TextPattern(Kind::kPrefix, rest);
  return TextPattern(Kind::kExact, rest);
}

bool TextPattern::Matches(absl::string_view value) const {
  switch (kind_) {
    case Kind::kExact:
      return value == text_;
    case Kind::kPrefix:
      return absl::StartsWith(value, text_);
    case Kind::kSuffix:
      return absl::EndsWith(value, text_);
    case Kind::kPresent:
      return !value.empty();
  }
  return false;
}

bool AnyMatches(const std::vector<TextPattern>& patterns, absl::string_view value) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const TextPattern& pattern) { return pattern.Matches(value); });
}

}  // namespace runcast::access
