#include "gateway/config/config_sources.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <algorithm>
#include <memory>
#include <set>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/config/config_document.h"
#include "gateway/config/config_walker.h"
#include "gateway/config/field_value.h"
#include "gateway/config/nearest_name.h"

namespace runcast::config {
namespace {

constexpr size_t kLargestFile = 4 << 20;
constexpr absl::string_view kPrefix = "RUNCAST_";

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  struct Closer {
    void operator()(FILE* file) const { ::fclose(file); }
  };
  const std::unique_ptr<FILE, Closer> file(::fopen(path.c_str(), "re"));
  if (file == nullptr) return absl::NotFoundError(::strerror(errno));
  std::string text(kLargestFile + 1, '\0');
  text.resize(::fread(text.data(), 1, text.size(), file.get()));
  if (::ferror(file.get()) != 0) return absl::UnavailableError(::strerror(errno));
  if (text.size() > kLargestFile) return absl::OutOfRangeError("larger than 4 MiB");
  return text;
}

// False when there is nothing to go on with.
bool AddFile(const std::string& path, v1::GatewayConfig& config, Faults& faults) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) {
    faults.AddLine(absl::StrCat(path, ": cannot be read: ", text.status().message()));
    return false;
  }
  const ConfigDocument document = ParseConfigDocument(*text);
  if (!document.root.has_value()) {
    faults.AddLine(absl::StrCat(path, ": ", document.syntax_fault));
    return false;
  }
  if (!document.root->is_object()) {
    faults.AddLine(absl::StrCat(path, ": must be an object, not ", JsonKindName(*document.root)));
    return false;
  }
  FillFromDocument(*document.root, path, config, faults);
  for (const std::string& duplicate : document.duplicate_paths) {
    faults.Add(duplicate, "given more than once");
  }
  return true;
}

void Set(const ScalarField& scalar, const std::string& where, const std::string& text,
         v1::GatewayConfig& config, Faults& faults) {
  google::protobuf::Message& section =
      *config.GetReflection()->MutableMessage(&config, scalar.section);
  faults.SetOrigin(scalar.path(), where);
  if (const ValueFault fault = SetFromText(section, *scalar.field, text); fault.has_value()) {
    faults.Add(scalar.path(), *fault);
  }
}

// Variables that Kubernetes sets in every pod for a Service named `runcast` or `runcast-…`, and
// those of the command line client.
bool IsOfSomebodyElse(absl::string_view name) {
  return absl::StartsWith(name, "RUNCAST_GATEWAY") || absl::EndsWith(name, "_SERVICE_HOST") ||
         absl::StrContains(name, "_SERVICE_PORT") || absl::EndsWith(name, "_PORT") ||
         absl::StrContains(name, "_PORT_");
}

void WarnOfUnknownVariables(const Environment& environment, const v1::GatewayConfig& config,
                            std::vector<std::string>& warnings) {
  std::vector<std::string> known = {"RUNCAST_CONFIG"};
  for (const ScalarField& scalar : ScalarFields()) known.push_back(scalar.variable());
  std::set<std::string> expected(known.begin(), known.end());
  for (const auto& credential : config.credentials()) expected.insert(credential.secret_env());
  for (const auto& [name, value] : environment) {
    if (!absl::StartsWith(name, kPrefix) || expected.count(name) != 0 || IsOfSomebodyElse(name)) {
      continue;
    }
    const auto nearest = NearestName(name, known);
    warnings.push_back(absl::StrCat(
        "variable ", name, ": unknown and without effect",
        nearest.has_value() ? absl::StrCat("; did you mean ", *nearest, "?") : std::string()));
  }
}

}  // namespace

bool CombineSources(const CommandLine& line, const Environment& environment,
                    CombinedConfig& combined, Faults& faults) {
  SetDefaults(combined.config);
  std::optional<std::string> file = line.config_file;
  if (const auto found = environment.find("RUNCAST_CONFIG");
      !file.has_value() && found != environment.end() && !found->second.empty()) {
    file = found->second;
  }
  const bool readable = !file.has_value() || AddFile(*file, combined.config, faults);
  for (const ScalarField& scalar : ScalarFields()) {
    const auto found = environment.find(scalar.variable());
    if (found == environment.end()) continue;
    Set(scalar, absl::StrCat("variable ", scalar.variable()), found->second, combined.config,
        faults);
  }
  for (const auto& [scalar, text] : line.values) {
    Set(scalar, absl::StrCat("flag ", scalar.flag()), text, combined.config, faults);
  }
  WarnOfUnknownVariables(environment, combined.config, combined.warnings);
  return readable;
}

}  // namespace runcast::config
