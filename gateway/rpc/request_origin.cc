#include "gateway/rpc/request_origin.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/impl/codegen/create_auth_context.h>
#include <grpcpp/security/auth_context.h>

#include <memory>
#include <string>

namespace runcast::rpc {
namespace {

std::vector<std::string> PropertiesOf(const grpc::AuthContext& proven, const char* name) {
  std::vector<std::string> values;
  for (const grpc::string_ref& value : proven.FindPropertyValues(name)) {
    values.emplace_back(value.data(), value.size());
  }
  return values;
}

}  // namespace

base::TraceContext TraceOf(const RequestHeaders& headers) {
  base::TraceContext trace;
  for (const absl::string_view name : base::kTraceHeaders) {
    for (const absl::string_view value : headers.Values(name)) trace.Add(name, value);
  }
  return trace;
}

access::Caller IdentifyCaller(const Surroundings& around, const RawStream& stream,
                              const RequestHeaders& headers) {
  const std::string peer = stream.peer();
  access::PeerFacts facts;
  facts.peer = peer;
  facts.headers = &headers;
  std::shared_ptr<const grpc::AuthContext> proven;
  if (around.is_tls) proven = grpc::CreateAuthContext(stream.core());
  if (proven != nullptr && proven->IsPeerAuthenticated()) {
    facts.certificate.uris = PropertiesOf(*proven, GRPC_PEER_URI_PROPERTY_NAME);
    facts.certificate.dns_names = PropertiesOf(*proven, GRPC_PEER_DNS_PROPERTY_NAME);
    for (std::string& subject : PropertiesOf(*proven, GRPC_X509_SUBJECT_PROPERTY_NAME)) {
      facts.certificate.subject = std::move(subject);
    }
  }
  return around.identity.Identify(facts);
}

}  // namespace runcast::rpc
