// A program of the build: reads a descriptor set that has its source comments, and writes the
// table behind field_comments.h.
//
//   field_comments_generator DESCRIPTOR_SET OUTPUT.cc

#include <fstream>
#include <iostream>
#include <map>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"

namespace {

using google::protobuf::Descriptor;
using google::protobuf::SourceLocation;

template <typename Element>
void Collect(const Element& element, std::map<std::string, std::string>& comments) {
  SourceLocation location;
  if (!element.GetSourceLocation(&location)) return;
  std::string comment = location.leading_comments;
  absl::RemoveExtraAsciiWhitespace(&comment);
  comments[element.full_name()] = comment;
}

void CollectMessage(const Descriptor& message, std::map<std::string, std::string>& comments) {
  Collect(message, comments);
  for (int i = 0; i < message.field_count(); ++i) Collect(*message.field(i), comments);
  for (int i = 0; i < message.nested_type_count(); ++i) {
    CollectMessage(*message.nested_type(i), comments);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: field_comments_generator DESCRIPTOR_SET OUTPUT.cc\n";
    return 2;
  }
  std::ifstream input(argv[1], std::ios::binary);
  google::protobuf::FileDescriptorSet files;
  if (!files.ParseFromIstream(&input)) {
    std::cerr << argv[1] << ": no descriptor set\n";
    return 1;
  }
  google::protobuf::DescriptorPool pool;
  std::map<std::string, std::string> comments;
  for (const auto& proto : files.file()) {
    const google::protobuf::FileDescriptor* file = pool.BuildFile(proto);
    if (file == nullptr) {
      std::cerr << proto.name() << ": cannot be built\n";
      return 1;
    }
    if (file->package() != "runcast.config.v1") continue;
    for (int i = 0; i < file->message_type_count(); ++i) {
      CollectMessage(*file->message_type(i), comments);
    }
  }

  std::ofstream output(argv[2]);
  output << "#include \"gateway/config/field_comments.h\"\n\n"
            "namespace runcast::config {\n\n"
            "absl::string_view FieldComment(absl::string_view full_name) {\n"
            "  struct Entry { absl::string_view name; absl::string_view comment; };\n"
            "  static constexpr Entry kEntries[] = {\n";
  for (const auto& [name, comment] : comments) {
    output << "      {\"" << name << "\", \"" << absl::Utf8SafeCEscape(comment) << "\"},\n";
  }
  output << "  };\n"
            "  for (const Entry& entry : kEntries) {\n"
            "    if (entry.name == full_name) return entry.comment;\n"
            "  }\n"
            "  return \"\";\n"
            "}\n\n"
            "}  // namespace runcast::config\n";
  output.close();
  return output.good() ? 0 : 1;
}
