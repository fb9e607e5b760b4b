// Where a request comes from: what gRPC knows of it, in the words of access/.

#ifndef RUNCAST_GATEWAY_RPC_REQUEST_ORIGIN_H_
#define RUNCAST_GATEWAY_RPC_REQUEST_ORIGIN_H_

#include <grpcpp/server_context.h>

#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/access/access_control.h"
#include "gateway/base/trace_context.h"
#include "gateway/rpc/surroundings.h"

namespace runcast::rpc {

// The headers of a request. gRPC sorts them into a map when the first one is asked for.
// Lifetime: the context outlives it.
class RequestHeaders final : public access::HeaderLookup {
 public:
  explicit RequestHeaders(const grpc::ServerContext& context) : context_(context) {}
  std::vector<absl::string_view> Values(absl::string_view key) const override;

 private:
  const grpc::ServerContext& context_;
};

// What a mesh traces this request by.
base::TraceContext TraceOf(const RequestHeaders& headers);

// Who sends a request, by its certificate, its headers and its address.
access::Caller IdentifyCaller(const Surroundings& around, const grpc::ServerContext& context,
                              const RequestHeaders& headers);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_REQUEST_ORIGIN_H_
