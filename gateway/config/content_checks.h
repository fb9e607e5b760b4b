// What is wrong with the files and variables that a configuration names: secrets, keys,
// certificates, the access policy.

#ifndef RUNCAST_GATEWAY_CONFIG_CONTENT_CHECKS_H_
#define RUNCAST_GATEWAY_CONFIG_CONTENT_CHECKS_H_

#include "gateway/config/config_checks.h"
#include "gateway/config/faults.h"
#include "runcast/config/v1/gateway_config.pb.h"

namespace runcast::config {

// Looks as whoever uses them later will; the names in `faults` already are not looked at. Reads
// files. No fault holds a part of a secret.
void CheckContents(const v1::GatewayConfig& config, const Environment& environment, Faults& faults);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_CONTENT_CHECKS_H_
