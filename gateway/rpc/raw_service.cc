#include "gateway/rpc/raw_service.h"

#include <grpcpp/impl/rpc_service_method.h>

namespace runcast::rpc {

RawService::RawService(std::initializer_list<const char*> paths) {
  int index = 0;
  for (const char* path : paths) {
    AddMethod(new grpc::internal::RpcServiceMethod(path, grpc::internal::RpcMethod::BIDI_STREAMING,
                                                   nullptr));
    MarkMethodAsync(index++);
  }
}

void RawService::Listen(int method, RawStream& stream, grpc::ServerCompletionQueue* queue,
                        EventTarget* target) {
  RequestAsyncBidiStreaming(method, &stream.context(), &stream, queue, queue,
                            MakeTag(target, CallEvent::kAccepted));
}

}  // namespace runcast::rpc
