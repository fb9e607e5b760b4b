// The methods that are served.

#ifndef RUNCAST_GATEWAY_RPC_METHOD_H_
#define RUNCAST_GATEWAY_RPC_METHOD_H_

#include <cstdint>

namespace runcast::rpc {

enum class Method : uint8_t { kGetStatus, kWatchRun, kHealthCheck, kHealthWatch };

inline constexpr Method kAllMethods[] = {Method::kGetStatus, Method::kWatchRun,
                                         Method::kHealthCheck, Method::kHealthWatch};

// Full path, as callers send it and access policies name it.
constexpr const char* PathOf(Method method) {
  switch (method) {
    case Method::kGetStatus:
      return "/runcast.v1.RunStatusService/GetStatus";
    case Method::kWatchRun:
      return "/runcast.v1.RunStatusService/WatchRun";
    case Method::kHealthCheck:
      return "/grpc.health.v1.Health/Check";
    case Method::kHealthWatch:
      return "/grpc.health.v1.Health/Watch";
  }
  return "";
}

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_METHOD_H_
