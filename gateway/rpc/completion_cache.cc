#include "gateway/rpc/completion_cache.h"

#include <grpc/grpc.h>
#include <grpcpp/impl/codegen/completion_queue_tag.h>

namespace runcast::rpc {

void CompletionCache::Begin() { grpc_completion_queue_thread_local_cache_init(queue_.cq()); }

bool CompletionCache::End(void* own) {
  void* tag = nullptr;
  int success = 0;
  if (grpc_completion_queue_thread_local_cache_flush(queue_.cq(), &tag, &success) == 0) {
    return false;
  }
  Completion done{.tag = nullptr, .ok = success != 0};
  // The C++ layer has completions of its own, which are nobody's event.
  if (static_cast<grpc::internal::CompletionQueueTag*>(tag)->FinalizeResult(&done.tag, &done.ok)) {
    if (done.ok && done.tag == own) return true;
    kept_.push_back(done);
  }
  return false;
}

bool CompletionCache::Next(void** tag, bool* ok) {
  if (empty()) {
    kept_.clear();
    taken_ = 0;
    return false;
  }
  *tag = kept_[taken_].tag;
  *ok = kept_[taken_].ok;
  ++taken_;
  return true;
}

}  // namespace runcast::rpc
