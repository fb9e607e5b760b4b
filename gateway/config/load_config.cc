#include "gateway/config/load_config.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/string_view.h"
#include "gateway/config/command_line.h"
#include "gateway/config/config_help.h"
#include "gateway/config/config_printer.h"
#include "gateway/config/config_rules.h"
#include "gateway/config/config_sources.h"
#include "gateway/config/content_checks.h"
#include "gateway/config/faults.h"

namespace runcast::config {
namespace {

constexpr int kFaultExitCode = 2;

std::string WithLineEnd(std::string text) {
  if (!text.empty() && text.back() != '\n') text.push_back('\n');
  return text;
}

}  // namespace

LoadResult LoadConfig(int argc, const char* const* argv, const Environment& environment,
                      const std::string& version_text) {
  LoadResult result;
  const CommandLine line = ParseCommandLine(argc, argv);
  if (line.action == Action::kHelp) {
    result.output = HelpText();
    return result;
  }
  if (line.action == Action::kVersion) {
    result.output = WithLineEnd(version_text);
    return result;
  }

  Faults faults;
  for (const std::string& fault : line.faults) faults.AddLine(fault);
  CombinedConfig combined;
  if (CombineSources(line, environment, combined, faults)) {
    CheckRules(combined.config, faults);
    CheckSections(combined.config, faults);
    CheckCredentials(combined.config, environment, faults);
    CheckContents(combined.config, environment, faults);
  }
  result.warnings = std::move(combined.warnings);
  if (!faults.lines().empty()) {
    result.faults = faults.lines();
    result.exit_code = kFaultExitCode;
    if (line.action == Action::kRun) result.config = std::move(combined.config);
    return result;
  }

  result.config = std::move(combined.config);
  for (std::string& doubt : DoubtsAbout(result.config)) {
    result.warnings.push_back(std::move(doubt));
  }
  switch (line.action) {
    case Action::kCheckConfig:
      result.output = "configuration is good\n";
      break;
    case Action::kPrintConfig:
      result.output = PrintConfig(result.config);
      break;
    default:
      result.run = true;
  }
  return result;
}

Environment ProcessEnvironment() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const absl::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == absl::string_view::npos) continue;
    environment.emplace(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
  }
  return environment;
}

}  // namespace runcast::config
