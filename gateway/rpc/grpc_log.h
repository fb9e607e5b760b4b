// What gRPC and protobuf themselves have to say, in our log.

#ifndef RUNCAST_GATEWAY_RPC_GRPC_LOG_H_
#define RUNCAST_GATEWAY_RPC_GRPC_LOG_H_

namespace runcast::rpc {

// From now on gRPC's lines go to our log, for the whole process: its errors as warnings, at
// most five a second, because every failed handshake is one. Protobuf's lines are debug lines:
// every request with text that is not UTF-8 makes some, and its caller is told. Threads: any.
void RouteGrpcLog();

// For as long as one of these lives, gRPC's errors are debug lines: somebody reports them
// better. Threads: any.
class QuietGrpcLog {
 public:
  QuietGrpcLog();
  ~QuietGrpcLog();
  QuietGrpcLog(const QuietGrpcLog&) = delete;
  QuietGrpcLog& operator=(const QuietGrpcLog&) = delete;
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_GRPC_LOG_H_
