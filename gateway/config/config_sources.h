// The places that values come from, put on top of each other: flag, variable, file, default.

#ifndef RUNCAST_GATEWAY_CONFIG_CONFIG_SOURCES_H_
#define RUNCAST_GATEWAY_CONFIG_CONFIG_SOURCES_H_

#include <optional>
#include <string>
#include <vector>

#include "gateway/config/command_line.h"
#include "gateway/config/config_checks.h"
#include "gateway/config/faults.h"
#include "runcast/config/v1/gateway_config.pb.h"

namespace runcast::config {

struct CombinedConfig {
  v1::GatewayConfig config;
  // Variables that begin like ours and mean nothing to us: a misspelt one has no effect.
  std::vector<std::string> warnings;
};

// Reads the file, if one is named by `--config` or RUNCAST_CONFIG, and puts variables and flags on
// top. False: the file cannot be read or is no JSON, so that looking further tells nothing true.
bool CombineSources(const CommandLine& line, const Environment& environment,
                    CombinedConfig& combined, Faults& faults);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_CONFIG_SOURCES_H_
