// How callers connect: TLS, with or without client certificates, in gRPC's words.

#ifndef RUNCAST_GATEWAY_RPC_SERVER_CREDENTIALS_H_
#define RUNCAST_GATEWAY_RPC_SERVER_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "gateway/rpc/server_certificate.h"

namespace runcast::rpc {

// TLS 1.2 or newer, with what `certificate` holds when a connection begins its handshake. Whether
// client certificates are asked for is decided now, by whether it holds authorities.
//
// Not gRPC's FileWatcherCertificateProvider: it takes a key that is not the certificate's, and with
// a broken file it frees what it had before it finds out, so that every handshake fails.
//
// Lifetime: `certificate`, loaded, outlives every server that uses the credentials.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(
    const ServerCertificate& certificate);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_SERVER_CREDENTIALS_H_
