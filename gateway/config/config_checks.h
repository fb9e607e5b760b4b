// What must fit together in a configuration, beyond the rule of each field.

#ifndef RUNCAST_GATEWAY_CONFIG_CONFIG_CHECKS_H_
#define RUNCAST_GATEWAY_CONFIG_CONFIG_CHECKS_H_

#include <map>
#include <string>
#include <vector>

#include "gateway/config/faults.h"
#include "runcast/config/v1/gateway_config.pb.h"

namespace runcast::config {

// Names and values of environment variables.
using Environment = std::map<std::string, std::string>;

// Fields that `faults` holds already are not looked at again. No clock, no file, no socket.
void CheckSections(const v1::GatewayConfig& config, Faults& faults);

// The same for the list of credentials; `environment` is where `secret_env` must be.
void CheckCredentials(const v1::GatewayConfig& config, const Environment& environment,
                      Faults& faults);

// What a configuration without faults allows, but not what its reader wants, a sentence each.
std::vector<std::string> DoubtsAbout(const v1::GatewayConfig& config);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_CONFIG_CHECKS_H_
