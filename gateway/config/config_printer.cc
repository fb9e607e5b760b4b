#include "gateway/config/config_printer.h"

#include <nlohmann/json.hpp>

#include "gateway/config/config_field.h"
#include "gateway/config/duration_text.h"
#include "google/protobuf/descriptor.h"

namespace runcast::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Json = nlohmann::ordered_json;

Json SectionJson(const Message& message);

Json FieldJson(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (KindOf(field)) {
    case FieldKind::kText: {
      std::string text = reflection.GetString(message, &field);
      if (RuleOf(field).secret() && !text.empty()) text = "***";
      return text;
    }
    case FieldKind::kTruth:
      return reflection.GetBool(message, &field);
    case FieldKind::kNumber:
      return field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32
                 ? Json(reflection.GetUInt32(message, &field))
                 : Json(reflection.GetUInt64(message, &field));
    case FieldKind::kWord:
      return ShortWord(*reflection.GetEnum(message, &field));
    case FieldKind::kDuration:
      return DurationText(FromProto(
          dynamic_cast<const google::protobuf::Duration&>(reflection.GetMessage(message, &field))));
    case FieldKind::kSection:
      return SectionJson(reflection.GetMessage(message, &field));
    case FieldKind::kSectionList: {
      Json list = Json::array();
      for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
        list.push_back(SectionJson(reflection.GetRepeatedMessage(message, &field, i)));
      }
      return list;
    }
    case FieldKind::kTextList: {
      Json list = Json::array();
      for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
        list.push_back(reflection.GetRepeatedString(message, &field, i));
      }
      return list;
    }
  }
  return nullptr;
}

Json SectionJson(const Message& message) {
  Json object = Json::object();
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    object[type.field(i)->name()] = FieldJson(message, *type.field(i));
  }
  return object;
}

}  // namespace

std::string PrintConfig(const Message& config) { return SectionJson(config).dump(2) + "\n"; }

}  // namespace runcast::config
