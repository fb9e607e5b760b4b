// Where a request comes from: what gRPC knows of it, in the words of access/.

#ifndef RUNCAST_GATEWAY_RPC_REQUEST_ORIGIN_H_
#define RUNCAST_GATEWAY_RPC_REQUEST_ORIGIN_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/access/access_control.h"
#include "gateway/base/trace_context.h"
#include "gateway/rpc/raw_stream.h"
#include "gateway/rpc/surroundings.h"

namespace runcast::rpc {

// The headers of a request. Lifetime: the stream outlives it.
class RequestHeaders final : public access::HeaderLookup {
 public:
  explicit RequestHeaders(const RawStream& stream) : stream_(stream) {}
  std::vector<absl::string_view> Values(absl::string_view key) const override {
    return stream_.HeaderValues(key);
  }

 private:
  const RawStream& stream_;
};

// What a mesh traces this request by.
base::TraceContext TraceOf(const RequestHeaders& headers);

// Who sends a request, by its certificate, its headers and its address.
access::Caller IdentifyCaller(const Surroundings& around, const RawStream& stream,
                              const RequestHeaders& headers);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_REQUEST_ORIGIN_H_
