// Puts one scalar value into a configuration message, after looking at it closely.

#ifndef RUNCAST_GATEWAY_CONFIG_FIELD_VALUE_H_
#define RUNCAST_GATEWAY_CONFIG_FIELD_VALUE_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace runcast::config {

// What is wrong with a value, to follow its path: `must be …, not …`. Nothing: it was set.
using ValueFault = std::optional<std::string>;

// From the file: types must fit, `"60"` is no number.
ValueFault SetFromJson(google::protobuf::Message& message,
                       const google::protobuf::FieldDescriptor& field,
                       const nlohmann::ordered_json& value);

// From a flag or variable: everything is text. Truth values are true, false, yes, no, on, off,
// 1 and 0.
ValueFault SetFromText(google::protobuf::Message& message,
                       const google::protobuf::FieldDescriptor& field, absl::string_view text);

// Gives every field of `message` and of its sections its default. Lists stay empty.
void SetDefaults(google::protobuf::Message& message);

// What is wrong with a text of any field: control characters, bytes that are not UTF-8.
ValueFault CheckText(absl::string_view text);

// How a fault names a value that it must not or need not show: `text`, `a number`, `a list`.
std::string JsonKindName(const nlohmann::ordered_json& value);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_FIELD_VALUE_H_
