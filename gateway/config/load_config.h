// From the command line, the environment and the file to a configuration that is good, or to the
// complete list of what is wrong with it.

#ifndef RUNCAST_GATEWAY_CONFIG_LOAD_CONFIG_H_
#define RUNCAST_GATEWAY_CONFIG_LOAD_CONFIG_H_

#include <string>
#include <vector>

#include "gateway/config/config_checks.h"
#include "runcast/config/v1/gateway_config.pb.h"

namespace runcast::config {

// What the process should do.
struct LoadResult {
  // Run with `config`; otherwise write the texts below and exit with `exit_code`.
  bool run = false;
  int exit_code = 0;
  // With faults, and only if the process was to serve: what could be read of it, so that they can
  // be told in the form of its log.
  v1::GatewayConfig config;
  // For stdout; empty, or ends with a line end.
  std::string output;
  // For stderr, one line each, without line ends: every fault. Empty when `run`.
  std::vector<std::string> faults;
  // What has no effect and may be a mistake; also when `run`.
  std::vector<std::string> warnings;
};

// `version_text` is what `--version` prints; whoever links the libraries knows their versions.
// Neither secrets nor the content of variables and files that hold them are in any text of the
// result. Reads the configuration file and those that it names, as they will be used later.
LoadResult LoadConfig(int argc, const char* const* argv, const Environment& environment,
                      const std::string& version_text);

// The variables of this process. The first of two equal names counts, as for getenv.
Environment ProcessEnvironment();

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_LOAD_CONFIG_H_
