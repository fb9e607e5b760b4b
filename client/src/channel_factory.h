// Makes gRPC channels from the client's options.

#ifndef RUNCAST_CLIENT_SRC_CHANNEL_FACTORY_H_
#define RUNCAST_CLIENT_SRC_CHANNEL_FACTORY_H_

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>

#include "absl/status/statusor.h"
#include "runcast/client_options.h"

namespace runcast::client {

// Threads: one at a time.
// Errors: only from `Make`. TLS files that later become unreadable leave the last good ones.
class ChannelFactory {
 public:
  static absl::StatusOr<ChannelFactory> Make(const ClientOptions& options);

  // A channel with a connection of its own, to target number `ordinal` modulo their count.
  std::shared_ptr<grpc::Channel> MakeChannel(int ordinal);

 private:
  ChannelFactory(ClientOptions options, grpc::SslCredentialsOptions tls);

  ClientOptions options_;
  grpc::SslCredentialsOptions tls_;  // Last good content of the files; unused in plaintext.
};

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_CHANNEL_FACTORY_H_
