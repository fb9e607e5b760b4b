// A service whose calls surface as soon as their headers have arrived, as raw bytes.

#ifndef RUNCAST_GATEWAY_RPC_RAW_SERVICE_H_
#define RUNCAST_GATEWAY_RPC_RAW_SERVICE_H_

#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server.h>

#include <initializer_list>
#include <vector>

#include "gateway/rpc/raw_stream.h"

namespace runcast::rpc {

// Every method is registered as bidirectional streaming, whatever it is to callers (on the
// wire there is no difference): gRPC 1.51.1 keeps a call of a unary or server-streaming method
// to itself until its message is there, and answers a missing or unreadable one INTERNAL.
//
// Threads: `Listen` from any thread while the server runs, once `SetServer` is done.
// Lifetime: outlives the server it is registered with.
class RawService final : public grpc::Service {
 public:
  // Full paths such as `/package.Service/Method`, all of one service.
  RawService(std::initializer_list<const char*> paths);

  // The server that was built with it.
  void SetServer(grpc::Server& server) { server_ = server.c_server(); }

  // Asks for the next call of the method with this index.
  void Listen(int method, RawStream& stream, grpc::ServerCompletionQueue& queue) {
    stream.Listen(server_, methods_[method]->server_tag(), queue.cq());
  }

 private:
  std::vector<const grpc::internal::RpcServiceMethod*> methods_;  // The base class owns them.
  grpc_server* server_ = nullptr;
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_RAW_SERVICE_H_
