// The fields of the configuration message: kinds, rules, and the names that users see.

#ifndef RUNCAST_GATEWAY_CONFIG_CONFIG_FIELD_H_
#define RUNCAST_GATEWAY_CONFIG_CONFIG_FIELD_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "runcast/config/v1/field_rule.pb.h"

namespace runcast::config {

enum class FieldKind {
  kText,
  kTruth,
  kNumber,    // uint32 or uint64
  kWord,      // enum
  kDuration,  // google.protobuf.Duration
  kSection,
  kSectionList,
  kTextList,
};

// Crashes on a type that the configuration does not use: a new one needs code here and in
// field_value, and the first run of any test tells.
FieldKind KindOf(const google::protobuf::FieldDescriptor& field);

const v1::FieldRule& RuleOf(const google::protobuf::FieldDescriptor& field);

// The word of an enum value as users write it: `HS256` for `ALGORITHM_HS256`.
std::string ShortWord(const google::protobuf::EnumValueDescriptor& value);

// The words that may be written for a field with words; empty when any text is legal. The zero
// value of an enum is none of them: it only means that nothing was given.
std::vector<std::string> LegalWords(const google::protobuf::FieldDescriptor& field);

// The default as users write it; empty when it is empty or there is none.
std::string DefaultText(const google::protobuf::FieldDescriptor& field);

// What would be right, to follow "must be": `a whole number from 1 to 256`.
std::string Expectation(const google::protobuf::FieldDescriptor& field);

// Whether a value must not be shown, also not in a fault: secrets, and fields where people put
// secrets by mistake.
bool IsSensitive(const google::protobuf::FieldDescriptor& field);

// A field that flags and variables can set: a scalar in a section.
struct ScalarField {
  const google::protobuf::FieldDescriptor* section = nullptr;  // In GatewayConfig.
  const google::protobuf::FieldDescriptor* field = nullptr;    // In the section's message.

  std::string path() const;      // `polling.linger`
  std::string flag() const;      // `--polling-linger`
  std::string variable() const;  // `RUNCAST_POLLING_LINGER`
};

// All of them, in the order of the proto file.
std::vector<ScalarField> ScalarFields();

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_CONFIG_FIELD_H_
