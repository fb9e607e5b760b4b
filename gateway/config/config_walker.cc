#include "gateway/config/config_walker.h"

#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/config/config_field.h"
#include "gateway/config/field_value.h"
#include "gateway/config/nearest_name.h"
#include "google/protobuf/descriptor.h"
#include "runcast/config/v1/gateway_config.pb.h"

namespace runcast::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Json = nlohmann::ordered_json;

// The section that has a field of this name; a key is often right and only in a wrong place.
std::optional<std::string> SectionWith(const std::string& name) {
  const Descriptor& config = *v1::GatewayConfig::descriptor();
  for (int i = 0; i < config.field_count(); ++i) {
    const FieldDescriptor& section = *config.field(i);
    if (section.message_type()->FindFieldByName(name) != nullptr) return section.name();
  }
  return std::nullopt;
}

std::string UnknownKey(const std::string& name, const Descriptor& type) {
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(type.field_count()));
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  if (const auto nearest = NearestName(name, names); nearest.has_value()) {
    return absl::StrCat("unknown key; did you mean \"", *nearest, "\"?");
  }
  if (const auto section = SectionWith(name); section.has_value()) {
    return absl::StrCat("unknown key here; it belongs to \"", *section, "\"");
  }
  return "unknown key";
}

class Walker {
 public:
  Walker(const std::string& source, Faults& faults) : source_(source), faults_(faults) {}

  void FillSection(const Json& object, const std::string& path, Message& message) {
    const Descriptor& type = *message.GetDescriptor();
    for (const auto& member : object.items()) {
      const std::string member_path = MemberPath(path, member.key());
      faults_.SetOrigin(member_path, absl::StrCat(source_, ": ", member_path));
      const FieldDescriptor* field = type.FindFieldByName(member.key());
      if (field == nullptr) {
        faults_.Add(member_path, UnknownKey(member.key(), type));
      } else {
        FillField(member.value(), member_path, *field, message);
      }
    }
  }

 private:
  void FillField(const Json& value, const std::string& path, const FieldDescriptor& field,
                 Message& message) {
    switch (KindOf(field)) {
      case FieldKind::kSection:
        if (!value.is_object()) return AddTypeFault(value, path, field);
        FillSection(value, path, *message.GetReflection()->MutableMessage(&message, &field));
        return;
      case FieldKind::kSectionList:
        if (!value.is_array()) return AddTypeFault(value, path, field);
        FillSectionList(value, path, field, message);
        return;
      case FieldKind::kTextList:
        if (!value.is_array()) return AddTypeFault(value, path, field);
        FillTextList(value, path, field, message);
        return;
      default:
        if (const ValueFault fault = SetFromJson(message, field, value); fault.has_value()) {
          faults_.Add(path, *fault);
        }
    }
  }

  void FillSectionList(const Json& list, const std::string& path, const FieldDescriptor& field,
                       Message& message) {
    int index = 0;
    for (const Json& element : list) {
      const std::string element_path = ElementPath(path, index++);
      // Also for an element at fault: the others keep their places.
      Message& added = *message.GetReflection()->AddMessage(&message, &field);
      SetDefaults(added);
      if (element.is_object()) {
        FillSection(element, element_path, added);
      } else {
        faults_.Add(element_path, absl::StrCat("must be an object, not ", JsonKindName(element)));
      }
    }
  }

  void FillTextList(const Json& list, const std::string& path, const FieldDescriptor& field,
                    Message& message) {
    int index = 0;
    for (const Json& element : list) {
      const std::string element_path = ElementPath(path, index++);
      std::string text;
      if (!element.is_string()) {
        faults_.Add(element_path, absl::StrCat("must be text, not ", JsonKindName(element)));
      } else if (const ValueFault fault = CheckText(element.get<std::string>());
                 fault.has_value()) {
        faults_.Add(element_path, *fault);
      } else {
        text = element.get<std::string>();
      }
      message.GetReflection()->AddString(&message, &field, text);
    }
  }

  void AddTypeFault(const Json& value, const std::string& path, const FieldDescriptor& field) {
    faults_.Add(path, absl::StrCat("must be ", Expectation(field), ", not ", JsonKindName(value)));
  }

  const std::string& source_;
  Faults& faults_;
};

}  // namespace

void FillFromDocument(const Json& root, const std::string& source, Message& config,
                      Faults& faults) {
  if (!root.is_object()) {
    faults.AddLine(absl::StrCat(source, ": must be an object, not ", JsonKindName(root)));
    return;
  }
  Walker(source, faults).FillSection(root, "", config);
}

}  // namespace runcast::config
