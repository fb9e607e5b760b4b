#include "gateway/config/config_difference.h"

#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/config/config_field.h"
#include "gateway/config/config_printer.h"
#include "google/protobuf/descriptor.h"

namespace runcast::config {
namespace {

struct Value {
  std::string text;
  bool sensitive = false;
};

// By path.
using Values = std::map<std::string, Value>;

// `/credentials/0/name` as people write it here: `credentials[0].name`.
std::string PathOf(const std::string& pointer) {
  std::string path;
  for (const absl::string_view part : absl::StrSplit(pointer.substr(1), '/')) {
    if (!part.empty() && absl::ascii_isdigit(part.front())) {
      absl::StrAppend(&path, "[", part, "]");
    } else {
      absl::StrAppend(&path, path.empty() ? "" : ".", part);
    }
  }
  return path;
}

// Whether `/credentials/0/name` leads to a value that must not be shown.
bool LeadsToSensitive(const google::protobuf::Descriptor* type, const std::string& pointer) {
  bool sensitive = false;
  for (const absl::string_view part : absl::StrSplit(pointer.substr(1), '/')) {
    const auto* const field = type == nullptr ? nullptr : type->FindFieldByName(std::string(part));
    if (field == nullptr) continue;  // The number of an element.
    sensitive = sensitive || IsSensitive(*field);
    type = field->message_type();
  }
  return sensitive;
}

Values ValuesOf(const google::protobuf::Message& config) {
  Values values;
  const nlohmann::json flat = nlohmann::json::parse(PrintConfig(config)).flatten();
  for (const auto& [pointer, value] : flat.items()) {
    // An empty list flattens to null.
    if (value.is_null()) continue;
    values[PathOf(pointer)] = {value.dump(), LeadsToSensitive(config.GetDescriptor(), pointer)};
  }
  return values;
}

std::string Shown(const Values& values, const std::string& path) {
  const auto found = values.find(path);
  return found == values.end() ? "nothing" : found->second.text;
}

}  // namespace

std::vector<FieldChange> DifferenceOf(const google::protobuf::Message& before,
                                      const google::protobuf::Message& after) {
  const Values old_values = ValuesOf(before);
  const Values new_values = ValuesOf(after);
  Values all = old_values;
  all.insert(new_values.begin(), new_values.end());
  std::vector<FieldChange> changes;
  for (const auto& [path, value] : all) {
    const std::string was = Shown(old_values, path);
    const std::string is = Shown(new_values, path);
    if (was == is) continue;
    changes.push_back({path, value.sensitive ? "(not shown)" : absl::StrCat(was, " to ", is)});
  }
  return changes;
}

}  // namespace runcast::config
