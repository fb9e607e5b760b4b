// Calls that no well-behaved client makes.

#ifndef RUNCAST_TESTS_COMPONENT_RPC_RAW_CLIENT_H_
#define RUNCAST_TESTS_COMPONENT_RPC_RAW_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace runcast::rpc {

struct RawCall {
  std::string path;
  // Nothing: headers only.
  std::optional<std::string> message;
  bool half_close = true;
};

struct RawEnd {
  grpc::Status status;
  std::vector<std::string> messages;
};

// Makes the call and reads to its end, which must come within 15 s.
RawEnd MakeRawCall(const std::shared_ptr<grpc::Channel>& channel, const RawCall& call);

}  // namespace runcast::rpc

#endif  // RUNCAST_TESTS_COMPONENT_RPC_RAW_CLIENT_H_
