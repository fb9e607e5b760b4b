// How callers connect: plaintext, TLS, or TLS with client certificates.

#ifndef RUNCAST_GATEWAY_RPC_SERVER_CREDENTIALS_H_
#define RUNCAST_GATEWAY_RPC_SERVER_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace runcast::rpc {

// PEM files, read once at start. All empty: plaintext.
struct TlsFiles {
  std::string certificate_chain;
  std::string private_key;
  // Authorities of client certificates. When given, a caller without a valid one is refused.
  std::string client_authorities;
};

// Errors, each naming the file: INVALID_ARGUMENT for a certificate without its key or the
// other way round, for a file without PEM, and for a key that is not that of the certificate;
// NOT_FOUND for one that cannot be read.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TlsFiles& files);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_SERVER_CREDENTIALS_H_
