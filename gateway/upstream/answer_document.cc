#include "gateway/upstream/answer_document.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gateway/upstream/message_text.h"

namespace runcast::upstream {
namespace {

constexpr size_t kDeepest = 64;
constexpr size_t kMostErrors = 8;
constexpr size_t kLongestErrorText = 1024;
// How much of a body that is no envelope is searched for the words of a refusal.
constexpr size_t kSearchedBody = 4096;
// How many numbers outside the range of a double one answer may hold: each costs a new pass.
constexpr int kMostHugeNumbers = 4;
// nlohmann's id of the error "number overflow".
constexpr int kNumberOverflow = 406;

}  // namespace

// Receives the parser's events. The stack says in what kind of container the next event lies.
class AnswerDocument::Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(const Paths& wanted, AnswerDocument& document) : wanted_(wanted), document_(document) {}

  // Why the parser stopped.
  const absl::Status& fault() const { return fault_; }
  // The place of a number that is too large: its end and its text.
  const std::optional<std::pair<size_t, std::string>>& huge_number() const { return huge_number_; }

  bool null() override { return Keep(std::monostate()); }
  bool boolean(bool value) override { return Keep(value); }
  bool number_integer(number_integer_t value) override { return Keep(value); }
  bool number_unsigned(number_unsigned_t value) override { return Keep(value); }
  bool number_float(number_float_t value, const string_t&) override { return Keep(value); }
  bool string(string_t& value) override { return Keep(std::move(value)); }
  bool binary(binary_t&) override { return true; }  // Not in JSON.

  bool key(string_t& name) override {
    const Container& in = stack_.back();
    member_.clear();
    if (in.kind == Kind::kKept) {
      // A name with a dot could pass for a path.
      if (name.find('.') == std::string::npos) {
        member_ = in.path.empty() ? std::move(name) : absl::StrCat(in.path, ".", name);
      }
    } else if (in.kind == Kind::kError) {
      if (std::exchange(object_is_no_error_yet_, false)) AddError();
      member_ = std::move(name);
    }
    return true;
  }

  bool start_object(size_t) override { return Enter(/*is_object=*/true); }
  bool start_array(size_t) override { return Enter(/*is_object=*/false); }
  bool end_object() override { return Leave(); }
  bool end_array() override { return Leave(); }

  bool parse_error(size_t position, const std::string& token,
                   const nlohmann::json::exception& error) override {
    if (error.id == kNumberOverflow) huge_number_.emplace(position, token);
    return Stop(absl::InvalidArgumentError("is not JSON"));
  }

 private:
  enum class Kind {
    kKept,       // An object whose wanted members are kept.
    kErrorList,  // The list `errors`.
    kError,      // One entry of it, or `errors` itself when it is an object.
    kSkipped,
  };
  struct Container {
    Kind kind;
    std::string path;
  };

  bool Stop(absl::Status fault) {
    if (fault_.ok()) fault_ = std::move(fault);
    return false;
  }
  bool StopAtShape(absl::string_view fault) { return Stop(absl::FailedPreconditionError(fault)); }

  bool Enter(bool is_object) {
    if (stack_.size() == kDeepest) {
      return Stop(absl::ResourceExhaustedError(absl::StrCat("nests deeper than ", kDeepest)));
    }
    if (stack_.empty()) {
      if (!is_object) return StopAtShape("is not a JSON object");
      stack_.push_back({Kind::kKept, ""});
      return true;
    }
    // Copies: Keep can clear the member, push_back can move the stack.
    const Kind in = stack_.back().kind;
    const std::string member = member_;
    if (in == Kind::kKept && member == "errors") {
      if (!Keep(JsonCompound{is_object})) return false;
      object_is_no_error_yet_ = is_object;  // An empty one stays none.
      stack_.push_back({is_object ? Kind::kError : Kind::kErrorList, ""});
    } else if (in == Kind::kErrorList && is_object) {
      AddError();
      stack_.push_back({Kind::kError, ""});
    } else if (in == Kind::kKept && wanted_.contains(member)) {
      if (!Keep(JsonCompound{is_object})) return false;
      stack_.push_back({is_object ? Kind::kKept : Kind::kSkipped, member});
    } else {
      if (in == Kind::kErrorList) document_.has_errors_ = true;
      stack_.push_back({Kind::kSkipped, ""});
    }
    return true;
  }

  bool Leave() {
    stack_.pop_back();
    return true;
  }

  void AddError() {
    document_.has_errors_ = true;
    adding_error_ = document_.errors_.size() < kMostErrors;
    if (adding_error_) document_.errors_.emplace_back();
  }

  bool Keep(JsonValue&& value) {
    if (stack_.empty()) return StopAtShape("is not a JSON object");
    switch (stack_.back().kind) {
      case Kind::kKept:
        return KeepMember(std::move(value));
      case Kind::kErrorList:
        AddError();
        if (adding_error_) document_.errors_.back().text = ShortText(value);
        return true;
      case Kind::kError:
        if (!adding_error_) return true;
        if (member_ == "msg" || (member_ == "message" && document_.errors_.back().text.empty())) {
          document_.errors_.back().text = ShortText(value);
        } else if (member_ == "code") {
          document_.errors_.back().code = ShortText(value);
        }
        return true;
      case Kind::kSkipped:
        return true;
    }
    return true;
  }

  bool KeepMember(JsonValue&& value) {
    if (member_ == "errors") {
      if (seen_errors_) return StopAtShape("repeats the member errors");
      seen_errors_ = true;
      if (const std::string text = ShortText(value); !text.empty()) {
        AddError();
        document_.errors_.back().text = text;
      }
      return true;
    }
    if (!wanted_.contains(member_)) return true;
    if (!document_.values_.emplace(member_, std::move(value)).second) {
      return StopAtShape(absl::StrCat("repeats the member ", member_));
    }
    return true;
  }

  static std::string ShortText(const JsonValue& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      return std::string(CutAtCharacter(*text, kLongestErrorText));
    }
    if (const auto* number = std::get_if<int64_t>(&value)) return absl::StrCat(*number);
    if (const auto* number = std::get_if<uint64_t>(&value)) return absl::StrCat(*number);
    if (const auto* number = std::get_if<double>(&value)) return absl::StrCat(*number);
    return "";
  }

  const Paths& wanted_;
  AnswerDocument& document_;
  std::vector<Container> stack_;
  std::string member_;  // Path of the next value; empty: not of interest.
  bool seen_errors_ = false;
  bool object_is_no_error_yet_ = false;
  bool adding_error_ = false;  // Whether the current error is among the first ones.
  absl::Status fault_;
  std::optional<std::pair<size_t, std::string>> huge_number_;
};

absl::StatusOr<AnswerDocument> AnswerDocument::Parse(absl::string_view bytes, const Paths& wanted) {
  std::string repaired;  // A copy, made only when a number had to be replaced.
  for (int huge_numbers = 0;; ++huge_numbers) {
    AnswerDocument document;
    Builder builder(wanted, document);
    if (nlohmann::json::sax_parse(bytes.begin(), bytes.end(), &builder)) return document;

    // The parser gives up on a number like 1e999. One value that cannot be read must not spoil
    // the answer, so an empty list of the same length takes its place.
    const auto& huge = builder.huge_number();
    if (!huge.has_value() || huge_numbers == kMostHugeNumbers) {
      return builder.fault();
    }
    const auto& [end, token] = *huge;
    if (token.size() < 2 || end > bytes.size() || end < token.size() ||
        bytes.substr(end - token.size(), token.size()) != token) {
      return builder.fault();
    }
    if (repaired.empty()) repaired = std::string(bytes);
    repaired.replace(end - token.size(), token.size(), "[]" + std::string(token.size() - 2, ' '));
    bytes = repaired;
  }
}

const JsonValue* AnswerDocument::Find(absl::string_view path) const {
  const auto found = values_.find(path);
  if (found == values_.end() || std::holds_alternative<std::monostate>(found->second)) {
    return nullptr;
  }
  return &found->second;
}

std::vector<PlatformError> ReadErrors(absl::string_view body) {
  const auto document = AnswerDocument::Parse(body, {});
  if (document.ok() && !document->errors().empty()) return document->errors();
  const absl::string_view beginning = body.substr(0, kSearchedBody);
  return {{std::string(beginning), "", /*from_envelope=*/false}};
}

}  // namespace runcast::upstream
