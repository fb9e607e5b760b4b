// SIGHUP: the configuration is read again, and what can change while calls are open does.

#ifndef RUNCAST_GATEWAY_APP_CONFIG_RELOAD_H_
#define RUNCAST_GATEWAY_APP_CONFIG_RELOAD_H_

#include "gateway/app/gateway.h"
#include "gateway/config/load_config.h"
#include "runcast/config/v1/gateway_config.pb.h"

namespace runcast::app {

// Puts `loaded` in force as far as that is possible: the section `log`, and the content of secret
// and policy files. A configuration with a fault changes nothing. What changed, what waits for a
// restart, or every fault is an event of the log; `in_force` is what really is.
//
// Threads: the one that waits for signals.
void ReloadConfig(const config::LoadResult& loaded, config::v1::GatewayConfig& in_force,
                  Gateway& gateway);

}  // namespace runcast::app

#endif  // RUNCAST_GATEWAY_APP_CONFIG_RELOAD_H_
