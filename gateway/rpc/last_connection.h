// The descriptor of a call's connection, looked up once for several calls in a row.

#ifndef RUNCAST_GATEWAY_RPC_LAST_CONNECTION_H_
#define RUNCAST_GATEWAY_RPC_LAST_CONNECTION_H_

#include <grpc/grpc_security.h>

#include "gateway/rpc/connection_table.h"
#include "gateway/rpc/raw_stream.h"

namespace runcast::rpc {

// Remembers the connection it was asked about last: reads come many at a time by one of them, and
// gRPC makes a text of its peer, to be looked up under a lock, for each that asks.
//
// Threads: one. Lifetime: the table outlives it.
class LastConnection {
 public:
  explicit LastConnection(const ConnectionTable& table) : table_(table) {}
  ~LastConnection();
  LastConnection(const LastConnection&) = delete;
  LastConnection& operator=(const LastConnection&) = delete;

  // As ConnectionTable::Find has it.
  int DescriptorOf(const RawStream& stream);

 private:
  const ConnectionTable& table_;
  // gRPC has one for each connection. Held, so that no other connection's can have its address.
  grpc_auth_context* held_ = nullptr;
  int descriptor_ = ConnectionTable::kUnknown;
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_LAST_CONNECTION_H_
