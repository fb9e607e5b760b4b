// Any command line and configuration file. The input is text: lines that begin with `--` are flags,
// the rest is the file.

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/config/command_line.h"
#include "gateway/config/config_checks.h"
#include "gateway/config/config_document.h"
#include "gateway/config/config_field.h"
#include "gateway/config/config_printer.h"
#include "gateway/config/config_rules.h"
#include "gateway/config/config_sources.h"
#include "gateway/config/config_walker.h"
#include "gateway/config/field_value.h"
#include "tests/fuzz/promise.h"

namespace runcast::config {
namespace {

using fuzz::Promise;
using google::protobuf::Message;

// Takes out the names of files, so that no input makes this open one.
void ForgetFiles(Message& message) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const google::protobuf::FieldDescriptor& field = *type.field(i);
    if (RuleOf(field).file()) reflection.ClearField(&message, &field);
    if (KindOf(field) == FieldKind::kSection) {
      ForgetFiles(*reflection.MutableMessage(&message, &field));
    } else if (KindOf(field) == FieldKind::kSectionList) {
      for (int j = 0; j < reflection.FieldSize(message, &field); ++j) {
        ForgetFiles(*reflection.MutableRepeatedMessage(&message, &field, j));
      }
    }
  }
}

void Fill(absl::string_view text, v1::GatewayConfig& config, Faults& faults) {
  const ConfigDocument document = ParseConfigDocument(text);
  if (!document.root.has_value()) {
    Promise(!document.syntax_fault.empty(), "text that is no JSON has a reason");
    faults.AddLine(document.syntax_fault);
    return;
  }
  FillFromDocument(*document.root, "gateway.json", config, faults);
  for (const std::string& path : document.duplicate_paths) faults.Add(path, "given more than once");
}

void JudgeFaults(const Faults& faults) {
  for (const std::string& line : faults.lines()) {
    Promise(!line.empty() && fuzz::IsOneLine(line), "a fault is one line of UTF-8");
  }
}

void JudgePrinted(const v1::GatewayConfig& config) {
  const std::string printed = PrintConfig(config);
  v1::GatewayConfig again;
  SetDefaults(again);
  Faults faults;
  Fill(printed, again, faults);
  Promise(faults.lines().empty(), "a printed configuration loads again");
  Promise(PrintConfig(again) == printed, "a printed configuration loads as what it was");
}

}  // namespace
}  // namespace runcast::config

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace runcast::config;  // NOLINT(google-build-using-namespace)
  absl::string_view input(reinterpret_cast<const char*>(bytes), size);
  std::vector<std::string> flags = {"runcast-gateway"};
  while (absl::StartsWith(input, "--")) flags.emplace_back(runcast::fuzz::TakeLine(input));

  const Environment environment = {{"SECRET", "0123456789abcdef0123456789abcdef"}};
  CombinedConfig combined;
  Faults faults;
  SetDefaults(combined.config);
  if (flags.size() > 1) {
    std::vector<const char*> argv;
    for (const std::string& flag : flags) argv.push_back(flag.c_str());
    CommandLine line = ParseCommandLine(static_cast<int>(argv.size()), argv.data());
    for (const std::string& fault : line.faults) faults.AddLine(fault);
    line.config_file.reset();
    CombineSources(line, environment, combined, faults);
  }
  Fill(input, combined.config, faults);
  ForgetFiles(combined.config);
  CheckRules(combined.config, faults);
  CheckSections(combined.config, faults);
  CheckCredentials(combined.config, environment, faults);
  JudgeFaults(faults);
  if (faults.lines().empty()) JudgePrinted(combined.config);
  return 0;
}
