#include "gateway/config/config_field.h"

#include <cstdint>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/stubs/logging.h"
#include "runcast/config/v1/gateway_config.pb.h"

namespace runcast::config {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

// `ResourceSpelling` → `RESOURCE_SPELLING_`, as buf's rules name enum values.
std::string ValuePrefix(const EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix.push_back('_');
    prefix.push_back(absl::ascii_toupper(c));
  }
  return prefix + "_";
}

std::string NumberRange(const FieldDescriptor& field) {
  const v1::FieldRule& rule = RuleOf(field);
  const std::string largest = field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32
                                  ? absl::StrCat(std::numeric_limits<uint32_t>::max())
                                  : absl::StrCat(std::numeric_limits<uint64_t>::max());
  return absl::StrCat("from ", rule.min().empty() ? "0" : rule.min(), " to ",
                      rule.max().empty() ? largest : rule.max());
}

std::string DurationRange(const v1::FieldRule& rule) {
  const std::string min = rule.min().empty() ? "0s" : rule.min();
  return rule.max().empty() ? absl::StrCat("of at least ", min)
                            : absl::StrCat("from ", min, " to ", rule.max());
}

}  // namespace

FieldKind KindOf(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return field.is_repeated() ? FieldKind::kTextList : FieldKind::kText;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (field.is_repeated()) return FieldKind::kSectionList;
      return field.message_type()->full_name() == "google.protobuf.Duration" ? FieldKind::kDuration
                                                                             : FieldKind::kSection;
    case FieldDescriptor::CPPTYPE_BOOL:
      if (!field.is_repeated()) return FieldKind::kTruth;
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      if (!field.is_repeated()) return FieldKind::kNumber;
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      if (!field.is_repeated()) return FieldKind::kWord;
      break;
    default:
      break;
  }
  GOOGLE_LOG(FATAL) << field.full_name() << " has a type that the configuration cannot hold";
  return FieldKind::kText;
}

const v1::FieldRule& RuleOf(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::rule);
}

std::string ShortWord(const EnumValueDescriptor& value) {
  absl::string_view word = value.name();
  const std::string prefix = ValuePrefix(*value.type());
  if (absl::StartsWith(word, prefix)) word.remove_prefix(prefix.size());
  return std::string(word);
}

std::vector<std::string> LegalWords(const FieldDescriptor& field) {
  if (KindOf(field) != FieldKind::kWord) {
    return {RuleOf(field).words().begin(), RuleOf(field).words().end()};
  }
  std::vector<std::string> words;
  for (int i = 0; i < field.enum_type()->value_count(); ++i) {
    const EnumValueDescriptor& value = *field.enum_type()->value(i);
    if (value.number() != 0) words.push_back(ShortWord(value));
  }
  return words;
}

std::string DefaultText(const FieldDescriptor& field) {
  const std::string& text = RuleOf(field).default_value();
  switch (KindOf(field)) {
    case FieldKind::kTruth:
      return text.empty() ? "false" : text;
    case FieldKind::kNumber:
      return text.empty() ? "0" : text;
    case FieldKind::kDuration:
      return text.empty() ? "0s" : text;
    case FieldKind::kWord: {
      const EnumValueDescriptor* value = field.enum_type()->FindValueByName(text);
      return value == nullptr ? "" : ShortWord(*value);
    }
    default:
      return text;
  }
}

std::string Expectation(const FieldDescriptor& field) {
  switch (KindOf(field)) {
    case FieldKind::kText:
      if (RuleOf(field).words().empty()) return "text";
      [[fallthrough]];
    case FieldKind::kWord:
      return absl::StrCat("one of ", absl::StrJoin(LegalWords(field), ", "));
    case FieldKind::kTruth:
      return "true or false";
    case FieldKind::kNumber:
      return absl::StrCat("a whole number ", NumberRange(field));
    case FieldKind::kDuration:
      return absl::StrCat("a duration ", DurationRange(RuleOf(field)),
                          ", such as 250ms, 20s or 1h30m");
    case FieldKind::kSection:
      return "an object";
    case FieldKind::kSectionList:
      return "a list of objects";
    case FieldKind::kTextList:
      return "a list of texts";
  }
  return "";
}

bool IsSensitive(const FieldDescriptor& field) {
  return RuleOf(field).secret() || absl::StartsWith(field.name(), "secret_") ||
         absl::StartsWith(field.name(), "password_");
}

std::string ScalarField::path() const { return absl::StrCat(section->name(), ".", field->name()); }

std::string ScalarField::flag() const {
  return absl::StrCat("--", absl::StrReplaceAll(path(), {{".", "-"}, {"_", "-"}}));
}

std::string ScalarField::variable() const {
  return absl::StrCat("RUNCAST_", absl::AsciiStrToUpper(absl::StrReplaceAll(path(), {{".", "_"}})));
}

std::vector<ScalarField> ScalarFields() {
  std::vector<ScalarField> scalars;
  const google::protobuf::Descriptor& config = *v1::GatewayConfig::descriptor();
  for (int i = 0; i < config.field_count(); ++i) {
    const FieldDescriptor& section = *config.field(i);
    if (KindOf(section) != FieldKind::kSection) continue;
    for (int j = 0; j < section.message_type()->field_count(); ++j) {
      const FieldDescriptor& field = *section.message_type()->field(j);
      switch (KindOf(field)) {
        case FieldKind::kSection:
        case FieldKind::kSectionList:
        case FieldKind::kTextList:
          continue;
        default:
          scalars.push_back({&section, &field});
      }
    }
  }
  return scalars;
}

}  // namespace runcast::config
