#include "gateway/config/field_value.h"

#include <cstdint>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gateway/config/config_field.h"
#include "gateway/config/duration_text.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/stubs/logging.h"

namespace runcast::config {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Json = nlohmann::ordered_json;

constexpr size_t kLongestShown = 60;

std::string Shown(const FieldDescriptor& field, absl::string_view text) {
  if (IsSensitive(field)) return "what was given";
  const bool cut = text.size() > kLongestShown;
  return absl::StrCat("\"", absl::Utf8SafeCHexEscape(text.substr(0, kLongestShown)),
                      cut ? "…\"" : "\"");
}

std::string MustBe(const FieldDescriptor& field, absl::string_view found) {
  return absl::StrCat("must be ", Expectation(field), ", not ", found);
}

bool SetNumber(Message& message, const FieldDescriptor& field, uint64_t number) {
  const auto& rule = RuleOf(field);
  uint64_t min = 0;
  uint64_t max = field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32
                     ? std::numeric_limits<uint32_t>::max()
                     : std::numeric_limits<uint64_t>::max();
  if (!rule.min().empty()) GOOGLE_CHECK(absl::SimpleAtoi(rule.min(), &min)) << field.full_name();
  if (!rule.max().empty()) GOOGLE_CHECK(absl::SimpleAtoi(rule.max(), &max)) << field.full_name();
  if (number < min || number > max) return false;
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
    message.GetReflection()->SetUInt32(&message, &field, static_cast<uint32_t>(number));
  } else {
    message.GetReflection()->SetUInt64(&message, &field, number);
  }
  return true;
}

absl::Duration RuleDuration(const FieldDescriptor& field, const std::string& text) {
  const std::optional<absl::Duration> duration = ParseDuration(text);
  GOOGLE_CHECK(duration.has_value()) << field.full_name() << ": " << text;
  return *duration;
}

bool SetDuration(Message& message, const FieldDescriptor& field, absl::string_view text) {
  const std::optional<absl::Duration> duration = ParseDuration(text);
  const auto& rule = RuleOf(field);
  if (!duration.has_value()) return false;
  if (!rule.min().empty() && *duration < RuleDuration(field, rule.min())) return false;
  if (!rule.max().empty() && *duration > RuleDuration(field, rule.max())) return false;
  message.GetReflection()->MutableMessage(&message, &field)->CopyFrom(ToProto(*duration));
  return true;
}

bool SetWord(Message& message, const FieldDescriptor& field, absl::string_view text) {
  for (int i = 0; i < field.enum_type()->value_count(); ++i) {
    const EnumValueDescriptor& value = *field.enum_type()->value(i);
    if (value.number() == 0) continue;
    if (absl::EqualsIgnoreCase(text, value.name()) ||
        absl::EqualsIgnoreCase(text, ShortWord(value))) {
      message.GetReflection()->SetEnum(&message, &field, &value);
      return true;
    }
  }
  return false;
}

// False: the text has to be one of some words, and is not.
bool SetText(Message& message, const FieldDescriptor& field, absl::string_view text) {
  std::string legal(text);
  if (const auto& words = RuleOf(field).words(); !words.empty()) {
    bool found = false;
    for (const std::string& word : words) {
      if (!absl::EqualsIgnoreCase(word, text)) continue;
      legal = word;
      found = true;
    }
    if (!found) return false;
  }
  message.GetReflection()->SetString(&message, &field, std::move(legal));
  return true;
}

// What needs no sorting out of types: texts, words and durations.
ValueFault SetFromWords(Message& message, const FieldDescriptor& field, absl::string_view text) {
  if (ValueFault fault = CheckText(text); fault.has_value()) return fault;
  bool good = false;
  switch (KindOf(field)) {
    case FieldKind::kText:
      good = SetText(message, field, text);
      break;
    case FieldKind::kWord:
      good = SetWord(message, field, text);
      break;
    case FieldKind::kDuration:
      good = SetDuration(message, field, text);
      break;
    default:
      GOOGLE_LOG(FATAL) << field.full_name() << " is not written as words";
  }
  if (good) return std::nullopt;
  return MustBe(field, Shown(field, text));
}

std::optional<bool> ParseTruth(absl::string_view text) {
  for (const char* word : {"true", "yes", "on", "1"}) {
    if (absl::EqualsIgnoreCase(text, word)) return true;
  }
  for (const char* word : {"false", "no", "off", "0"}) {
    if (absl::EqualsIgnoreCase(text, word)) return false;
  }
  return std::nullopt;
}

ValueFault SetNumberFromJson(Message& message, const FieldDescriptor& field, const Json& value) {
  if (value.is_number_unsigned()) {
    if (SetNumber(message, field, value.get<uint64_t>())) return std::nullopt;
    return MustBe(field, value.dump());
  }
  if (value.is_number()) return MustBe(field, value.dump());
  if (uint64_t number = 0;
      value.is_string() && absl::SimpleAtoi(value.get<std::string>(), &number)) {
    return absl::StrCat(MustBe(field, "text"), "; write ", number, " without quotes");
  }
  return MustBe(field, JsonKindName(value));
}

ValueFault SetTruthFromJson(Message& message, const FieldDescriptor& field, const Json& value) {
  if (value.is_boolean()) {
    message.GetReflection()->SetBool(&message, &field, value.get<bool>());
    return std::nullopt;
  }
  if (value.is_string()) {
    if (const auto truth = ParseTruth(value.get<std::string>()); truth.has_value()) {
      return absl::StrCat(MustBe(field, "text"), "; write ", *truth ? "true" : "false",
                          " without quotes");
    }
  }
  return MustBe(field, JsonKindName(value));
}

}  // namespace

ValueFault SetFromJson(Message& message, const FieldDescriptor& field, const Json& value) {
  switch (KindOf(field)) {
    case FieldKind::kNumber:
      return SetNumberFromJson(message, field, value);
    case FieldKind::kTruth:
      return SetTruthFromJson(message, field, value);
    case FieldKind::kDuration:
      if (value.is_number()) {
        return absl::StrCat(MustBe(field, "a number"), "; write it in quotes, with its unit");
      }
      break;
    default:
      break;
  }
  if (!value.is_string()) return MustBe(field, JsonKindName(value));
  return SetFromWords(message, field, value.get<std::string>());
}

ValueFault SetFromText(Message& message, const FieldDescriptor& field, absl::string_view text) {
  switch (KindOf(field)) {
    case FieldKind::kNumber: {
      uint64_t number = 0;
      // SimpleAtoi forgives blanks and a plus sign.
      if (!text.empty() && absl::ascii_isdigit(text.front()) && absl::ascii_isdigit(text.back()) &&
          absl::SimpleAtoi(text, &number) && SetNumber(message, field, number)) {
        return std::nullopt;
      }
      return MustBe(field, Shown(field, text));
    }
    case FieldKind::kTruth:
      if (const auto truth = ParseTruth(text); truth.has_value()) {
        message.GetReflection()->SetBool(&message, &field, *truth);
        return std::nullopt;
      }
      return MustBe(field, Shown(field, text));
    default:
      return SetFromWords(message, field, text);
  }
}

void SetDefaults(Message& message) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (KindOf(field) == FieldKind::kSection) {
      SetDefaults(*message.GetReflection()->MutableMessage(&message, &field));
    } else if (const std::string& text = RuleOf(field).default_value(); !text.empty()) {
      const ValueFault fault = SetFromText(message, field, text);
      GOOGLE_CHECK(!fault.has_value()) << field.full_name() << ": its default " << *fault;
    }
  }
}

ValueFault CheckText(absl::string_view text) {
  for (const char c : text) {
    if (absl::ascii_iscntrl(c)) return "must not hold control characters";
  }
  try {
    // The one check of UTF-8 among our libraries that says no instead of mending.
    (void)Json(std::string(text)).dump();
  } catch (const Json::type_error&) {
    return "must be UTF-8";
  }
  return std::nullopt;
}

std::string JsonKindName(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::string:
      return "text";
    case Json::value_t::boolean:
      return value.get<bool>() ? "true" : "false";
    default:
      return "a number";
  }
}

}  // namespace runcast::config
