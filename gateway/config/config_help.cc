#include "gateway/config/config_help.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gateway/config/config_field.h"
#include "gateway/config/field_comments.h"
#include "google/protobuf/descriptor.h"
#include "runcast/config/v1/gateway_config.pb.h"

namespace runcast::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr size_t kColumns = 100;

constexpr const char* kHead =
    R"(runcast-gateway: watches batch-test runs of the platform and tells every caller their status.

usage: runcast-gateway [--config FILE] [flag …]

A value comes from its flag, else its variable, else the file, else its default.
The file is JSON with // comments; its keys are the names in brackets, `polling.linger` being the
member `linger` of the object `polling`. Durations are written 250ms, 20s, 15m or 1h30m. A switch
takes =true or =false.

examples:
  runcast-gateway --config gateway.json
  runcast-gateway --config gateway.json --server-listen '[::]:8443' --log-level debug
  RUNCAST_CONFIG=gateway.json RUNCAST_POLLING_LINGER=2m runcast-gateway --check-config
  runcast-gateway --config gateway.json --print-config > effective.json

exit codes: 0 ended as asked; 2 cannot start: the flags or the configuration are at fault, or a port
cannot be had; also when what was asked for cannot be printed; 3 ended by a second signal or the
hard deadline before it was drained

what to do:
  --config FILE
      Read FILE; also the variable RUNCAST_CONFIG.
  --check-config
      Say "configuration is good", or every fault on a line of its own, and exit with 0 or 2.
  --print-config
      Print the whole effective configuration as a file that loads again; secrets are masked.
  --help
      Print this.
  --version
      Print the versions of runcast and of the libraries it runs with.
)";

// Words of `text` in lines that begin with six blanks.
std::string Wrapped(const std::string& text) {
  std::string lines;
  std::string line = "     ";
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (line.size() + 1 + word.size() > kColumns) {
      absl::StrAppend(&lines, line, "\n");
      line = "     ";
    }
    absl::StrAppend(&line, " ", word);
  }
  return absl::StrCat(lines, line, "\n");
}

std::string ValueWord(const FieldDescriptor& field) {
  switch (KindOf(field)) {
    case FieldKind::kTruth:
      return "";
    case FieldKind::kNumber:
      return " NUMBER";
    case FieldKind::kDuration:
      return " DURATION";
    case FieldKind::kWord:
      return " WORD";
    default:
      if (!RuleOf(field).words().empty()) return " WORD";
      return RuleOf(field).file() ? " FILE" : " TEXT";
  }
}

// `default 30s; from 0s to 1h`
std::string RuleText(const FieldDescriptor& field) {
  const v1::FieldRule& rule = RuleOf(field);
  std::vector<std::string> parts;
  if (rule.required()) parts.push_back("required");
  if (const std::string text = DefaultText(field); !text.empty()) {
    parts.push_back(absl::StrCat("default ", text));
  }
  if (!rule.min().empty() || !rule.max().empty()) {
    const std::string zero = KindOf(field) == FieldKind::kDuration ? "0s" : "0";
    const std::string min = rule.min().empty() ? zero : rule.min();
    parts.push_back(rule.max().empty() ? absl::StrCat("at least ", min)
                                       : absl::StrCat("from ", min, " to ", rule.max()));
  }
  if (const auto words = LegalWords(field); !words.empty()) {
    parts.push_back(absl::StrCat("one of ", absl::StrJoin(words, ", ")));
  }
  return absl::StrJoin(parts, "; ");
}

std::string Described(const FieldDescriptor& field, const std::string& names) {
  std::string text(FieldComment(field.full_name()));
  if (const std::string rule = RuleText(field); !rule.empty()) {
    absl::StrAppend(&text, " (", rule, ")");
  }
  return Wrapped(absl::StrCat(text, names.empty() ? "" : " ", names));
}

// The fields of a list's elements, as paths of the file.
void AppendList(const FieldDescriptor& list, const std::string& path, std::string& help) {
  absl::StrAppend(&help, "\n", path, ": a list of objects, in the file only\n",
                  Wrapped(std::string(FieldComment(list.full_name()))));
  const Descriptor& type = *list.message_type();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    absl::StrAppend(&help, "  ", field.name(), "\n", Described(field, ""));
  }
}

}  // namespace

std::string HelpText() {
  std::string help = kHead;
  std::string lists;
  const Descriptor& config = *v1::GatewayConfig::descriptor();
  for (int i = 0; i < config.field_count(); ++i) {
    const FieldDescriptor& section = *config.field(i);
    if (KindOf(section) == FieldKind::kSectionList) {
      AppendList(section, section.name(), lists);
      continue;
    }
    absl::StrAppend(&help, "\n", section.name(), ": ",
                    std::string(FieldComment(section.full_name())), "\n");
    for (int j = 0; j < section.message_type()->field_count(); ++j) {
      const FieldDescriptor& field = *section.message_type()->field(j);
      const ScalarField scalar{&section, &field};
      if (KindOf(field) == FieldKind::kSectionList) {
        AppendList(field, scalar.path(), lists);
      } else if (KindOf(field) == FieldKind::kTextList) {
        absl::StrAppend(&help, "  ", scalar.path(), ": a list of texts, in the file only\n",
                        Described(field, ""));
      } else {
        absl::StrAppend(
            &help, "  ", scalar.flag(), ValueWord(field), "\n",
            Described(field, absl::StrCat("[", scalar.path(), ", ", scalar.variable(), "]")));
      }
    }
  }
  return help + lists;
}

}  // namespace runcast::config
