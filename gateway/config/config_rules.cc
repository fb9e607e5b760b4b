#include "gateway/config/config_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gateway/config/config_field.h"
#include "google/protobuf/descriptor.h"

namespace runcast::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsGiven(const Message& message, const FieldDescriptor& field) {
  if (field.is_repeated()) return message.GetReflection()->FieldSize(message, &field) > 0;
  // Proto3: a scalar that differs from zero.
  return message.GetReflection()->HasField(message, &field);
}

// Why a file cannot be read; nothing when it can.
std::optional<std::string> UnreadableBecause(const std::string& path) {
  // O_NONBLOCK: opening a named pipe would wait for its writer.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return ::strerror(errno);
  struct stat facts {};
  const int result = ::fstat(fd, &facts);
  ::close(fd);
  if (result != 0) return ::strerror(errno);
  if (!S_ISREG(facts.st_mode)) return "not a regular file";
  return std::nullopt;
}

std::string RequiredText(const std::string& path, const FieldDescriptor& field) {
  for (const ScalarField& scalar : ScalarFields()) {
    if (scalar.path() == path) {
      return absl::StrCat("is required; give it in the file, by ", scalar.flag(), " or by ",
                          scalar.variable());
    }
  }
  return KindOf(field) == FieldKind::kText
             ? "is required"
             : absl::StrCat("is required: must be ", Expectation(field));
}

void CheckField(const Message& message, const FieldDescriptor& field, const std::string& path,
                Faults& faults) {
  const v1::FieldRule& rule = RuleOf(field);
  if (rule.required() && !IsGiven(message, field)) {
    faults.Add(path, RequiredText(path, field));
  }
  if (rule.file()) {
    const std::string file = message.GetReflection()->GetString(message, &field);
    if (file.empty()) return;
    if (const auto reason = UnreadableBecause(file); reason.has_value()) {
      // A secret that was put where its file's name belongs must not be printed.
      const std::string shown =
          IsSensitive(field) ? "" : absl::StrCat(" \"", absl::Utf8SafeCHexEscape(file), "\"");
      faults.Add(path,
                 absl::StrCat("must name a file that can be read;", shown, " cannot: ", *reason));
    }
  }
}

void CheckMessage(const Message& message, const std::string& path, Faults& faults) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string field_path = MemberPath(path, field.name());
    if (!faults.Has(field_path)) CheckField(message, field, field_path, faults);
    if (KindOf(field) == FieldKind::kSection) {
      CheckMessage(reflection.GetMessage(message, &field), field_path, faults);
    } else if (KindOf(field) == FieldKind::kSectionList) {
      for (int j = 0; j < reflection.FieldSize(message, &field); ++j) {
        CheckMessage(reflection.GetRepeatedMessage(message, &field, j), ElementPath(field_path, j),
                     faults);
      }
    }
  }
}

}  // namespace

void CheckRules(const Message& config, Faults& faults) { CheckMessage(config, "", faults); }

}  // namespace runcast::config
