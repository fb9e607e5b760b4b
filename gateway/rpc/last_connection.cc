#include "gateway/rpc/last_connection.h"

namespace runcast::rpc {

LastConnection::~LastConnection() { grpc_auth_context_release(held_); }

int LastConnection::DescriptorOf(const RawStream& stream) {
  grpc_auth_context* const connection = grpc_call_auth_context(stream.core());
  const bool is_same = connection != nullptr && connection == held_;
  grpc_auth_context_release(held_);
  held_ = connection;
  if (!is_same) descriptor_ = table_.Find(stream.peer());
  return descriptor_;
}

}  // namespace runcast::rpc
