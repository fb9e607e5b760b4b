// The JSON of an answer, reduced to the members that somebody reads.

#ifndef RUNCAST_GATEWAY_UPSTREAM_ANSWER_DOCUMENT_H_
#define RUNCAST_GATEWAY_UPSTREAM_ANSWER_DOCUMENT_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace runcast::upstream {

// An object or a list; its content is elsewhere or of no interest.
struct JsonCompound {
  bool is_object = false;
  friend bool operator==(const JsonCompound&, const JsonCompound&) = default;
};

// One value as it came; `null` is kept to notice repeated members, readers take it as absent.
using JsonValue =
    std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string, JsonCompound>;

// One entry of the platform's error envelope (upstream reference, section 5).
struct PlatformError {
  std::string text;
  std::string code;  // Empty when there is none; numbers as decimal text.
  // False: the answer was no envelope, and `text` is the beginning of its body. Good for
  // recognising refusals by their words, not for showing.
  bool from_envelope = true;
};

// Keeps only wanted members, so an answer full of unknown ones costs no memory, whatever its
// size. Paths are written with dots: `result.results.TP`. Never recursive.
class AnswerDocument {
 public:
  using Paths = absl::flat_hash_set<std::string>;

  // `wanted` holds the paths to keep; an object whose members are wanted must be in it too.
  // `errors` is always read.
  // Errors, with a half sentence that continues `the answer …`: INVALID_ARGUMENT not JSON or not
  // UTF-8; RESOURCE_EXHAUSTED nested deeper than 64; FAILED_PRECONDITION not an object, or a wanted
  // member twice. Numbers too large for a double are kept as a list: they are nothing that can be
  // read.
  static absl::StatusOr<AnswerDocument> Parse(absl::string_view bytes, const Paths& wanted);

  // Null when absent or JSON `null`.
  const JsonValue* Find(absl::string_view path) const;

  // Whether `errors` was there and is neither null nor empty.
  bool has_errors() const { return has_errors_; }
  // At most 8, each text at most 1 KiB. May be empty although has_errors(), when `errors` has
  // another shape than documented.
  const std::vector<PlatformError>& errors() const { return errors_; }

 private:
  class Builder;

  absl::flat_hash_map<std::string, JsonValue> values_;
  bool has_errors_ = false;
  std::vector<PlatformError> errors_;
};

// What an answer says about what went wrong: its envelope, or else the beginning of its body.
std::vector<PlatformError> ReadErrors(absl::string_view body);

}  // namespace runcast::upstream

#endif  // RUNCAST_GATEWAY_UPSTREAM_ANSWER_DOCUMENT_H_
