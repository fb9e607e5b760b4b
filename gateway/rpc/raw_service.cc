#include "gateway/rpc/raw_service.h"

namespace runcast::rpc {

RawService::RawService(std::initializer_list<const char*> paths) {
  int index = 0;
  for (const char* path : paths) {
    auto* const method = new grpc::internal::RpcServiceMethod(
        path, grpc::internal::RpcMethod::BIDI_STREAMING, nullptr);
    methods_.push_back(method);
    AddMethod(method);
    MarkMethodAsync(index++);
  }
}

}  // namespace runcast::rpc
