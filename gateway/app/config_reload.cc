#include "gateway/app/config_reload.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/app/class_options.h"
#include "gateway/config/config_difference.h"
#include "gateway/telemetry/log.h"

namespace runcast::app {
namespace {

using telemetry::Log;
using telemetry::Severity;

// What can change while the process runs.
bool MayChange(const std::string& path) { return absl::StartsWith(path, "log."); }

}  // namespace

void ReloadConfig(const config::LoadResult& loaded, config::v1::GatewayConfig& in_force,
                  Gateway& gateway) {
  if (!loaded.run) {
    gateway.CountReload(/*refused=*/true);
    Log(Severity::kError, "config.reload_refused",
        "the configuration has faults; the old one stays in force",
        {{"faults", absl::StrJoin(loaded.faults, "; ")}});
    return;
  }
  for (const std::string& warning : loaded.warnings) {
    Log(Severity::kWarning, "config.warning", warning);
  }
  std::vector<std::string> changed;
  std::vector<std::string> waiting;
  for (const config::FieldChange& change : config::DifferenceOf(in_force, loaded.config)) {
    (MayChange(change.path) ? changed : waiting)
        .push_back(absl::StrCat(change.path, ": ", change.text));
  }
  const Severity least_before = LogOptionsOf(in_force).least;
  *in_force.mutable_log() = loaded.config.log();
  const telemetry::LogOptions logging = LogOptionsOf(in_force);
  // A reload that makes the log quieter is still told, as one that makes it louder already is.
  telemetry::ChangeLogging(
      {.least = std::min(least_before, logging.least), .format = logging.format});
  gateway.ShowConfig(in_force);
  gateway.ReadFilesAgain();
  gateway.CountReload(/*refused=*/false);
  Log(waiting.empty() ? Severity::kInfo : Severity::kWarning, "config.reloaded",
      waiting.empty() ? "the configuration was read again"
                      : "the configuration was read again; some of it needs a restart",
      {{"changed", absl::StrJoin(changed, "; ")}, {"needs_restart", absl::StrJoin(waiting, "; ")}});
  telemetry::ChangeLogging(logging);
}

}  // namespace runcast::app
