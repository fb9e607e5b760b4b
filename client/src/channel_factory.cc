#include "client/src/channel_factory.h"

#include <grpc/grpc.h>
#include <grpcpp/create_channel.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/src/service_config.h"

namespace runcast::client {
namespace {

absl::StatusOr<std::string> ReadPem(const std::string& path, const char* purpose) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.good() && !file.eof()) {
    return absl::InvalidArgumentError(absl::StrCat(purpose, " ", path, ": cannot be read"));
  }
  if (content.find("-----BEGIN") == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(purpose, " ", path, ": is not a PEM file"));
  }
  return content;
}

absl::StatusOr<grpc::SslCredentialsOptions> ReadTls(const TlsOptions& options) {
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return absl::InvalidArgumentError(
        "a client certificate needs its key, and a key its certificate");
  }
  auto ca = ReadPem(options.ca_file, "TLS authorities");
  if (!ca.ok()) return ca.status();
  auto certificate = ReadPem(options.certificate_file, "TLS client certificate");
  if (!certificate.ok()) return certificate.status();
  auto key = ReadPem(options.key_file, "TLS client key");
  if (!key.ok()) return key.status();
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = *std::move(ca);
  tls.pem_cert_chain = *std::move(certificate);
  tls.pem_private_key = *std::move(key);
  return tls;
}

}  // namespace

absl::StatusOr<ChannelFactory> ChannelFactory::Make(const ClientOptions& options) {
  grpc::SslCredentialsOptions tls;
  if (options.tls) {
    auto read = ReadTls(*options.tls);
    if (!read.ok()) return read.status();
    tls = *std::move(read);
  }
  return ChannelFactory(options, std::move(tls));
}

ChannelFactory::ChannelFactory(ClientOptions options, grpc::SslCredentialsOptions tls)
    : options_(std::move(options)), tls_(std::move(tls)) {}

std::shared_ptr<grpc::Channel> ChannelFactory::MakeChannel(int ordinal) {
  grpc::ChannelArguments arguments;
  // Channels with equal arguments share connections; a pool of its own makes one really new.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // The gateway permits a ping each 10 s. A dead peer is noticed within 30 s, well before the
  // watchdog of three heartbeats.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // gRPC waits up to two minutes between connection attempts by default; a restarted gateway
  // should be found within a second. Watches spread themselves by their own back-off.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);  // Time-out of one attempt.
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 2000);
  // The gateway is inside the same network: neither a web proxy of the environment nor a
  // service config found in DNS may change how it is reached.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  // Alone, a target is asked again by gRPC itself. Where there are several the next one is asked
  // instead, by CallGetStatus, and gRPC must not spend its time on this one before.
  if (options_.targets.size() == 1) arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetUserAgentPrefix("runcast-client/" RUNCAST_VERSION);

  std::shared_ptr<grpc::ChannelCredentials> credentials;
  if (options_.tls) {
    if (auto fresh = ReadTls(*options_.tls); fresh.ok()) tls_ = *std::move(fresh);
    if (!options_.tls->server_name.empty()) {
      arguments.SetSslTargetNameOverride(options_.tls->server_name);
    }
    credentials = grpc::SslCredentials(tls_);
  } else {
    credentials = grpc::InsecureChannelCredentials();
  }
  const auto& target = options_.targets[static_cast<size_t>(ordinal) % options_.targets.size()];
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

}  // namespace runcast::client
