// The configuration in the words of each class: the one place where a setting becomes an option.
//
// Pure. The configuration is one that LoadConfig called good; what could not be read any more
// keeps the class's default.

#ifndef RUNCAST_GATEWAY_APP_CLASS_OPTIONS_H_
#define RUNCAST_GATEWAY_APP_CLASS_OPTIONS_H_

#include <optional>
#include <vector>

#include "gateway/access/policy_access_control.h"
#include "gateway/admin/admin_server.h"
#include "gateway/app/drain_times.h"
#include "gateway/auth/credential_options.h"
#include "gateway/coordination/redis_coordination.h"
#include "gateway/http/curl_options.h"
#include "gateway/rpc/grpc_server.h"
#include "gateway/runs/poll_loop.h"
#include "gateway/telemetry/log.h"
#include "gateway/upstream/platform_client.h"
#include "runcast/config/v1/gateway_config.pb.h"

namespace runcast::app {

http::CurlOptions CurlOptionsOf(const config::v1::GatewayConfig& config);
std::vector<auth::CredentialOptions> CredentialOptionsOf(const config::v1::GatewayConfig& config);
upstream::PlatformClient::Options PlatformOptionsOf(const config::v1::GatewayConfig& config);
runs::PollLoop::Options PollLoopOptionsOf(const config::v1::GatewayConfig& config);
// Without an engine configured: nothing.
std::optional<coordination::RedisCoordination::Options> CoordinationOptionsOf(
    const config::v1::GatewayConfig& config);
access::PolicyAccessControl::Options AccessOptionsOf(const config::v1::GatewayConfig& config);
rpc::GrpcServer::Options GrpcOptionsOf(const config::v1::GatewayConfig& config);
admin::AdminServer::Options AdminOptionsOf(const config::v1::GatewayConfig& config);
DrainTimes DrainTimesOf(const config::v1::GatewayConfig& config);
telemetry::LogOptions LogOptionsOf(const config::v1::GatewayConfig& config);

}  // namespace runcast::app

#endif  // RUNCAST_GATEWAY_APP_CLASS_OPTIONS_H_
