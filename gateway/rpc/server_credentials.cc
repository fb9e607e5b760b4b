#include "gateway/rpc/server_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <mutex>
#include <string>

namespace runcast::rpc {
namespace {

// gRPC asks at the beginning of each handshake and is given what changed since it asked last; one
// that it cannot use would leave it with what it had.
class ReloadingCredentials final : public grpc::ServerCredentials {
 public:
  explicit ReloadingCredentials(const ServerCertificate& certificate) : certificate_(certificate) {
    const bool asks_clients = !certificate.newest()->client_authorities.empty();
    credentials_ = grpc_ssl_server_credentials_create_with_options(
        grpc_ssl_server_credentials_create_options_using_config_fetcher(
            asks_clients ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                         : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
            &ReloadingCredentials::Fetch, this));
  }
  ~ReloadingCredentials() override { grpc_server_credentials_release(credentials_); }

  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<ReloadingCredentials*>(self)->FetchNewest(config);
  }

  grpc_ssl_certificate_config_reload_status FetchNewest(
      grpc_ssl_server_certificate_config** config) {
    std::shared_ptr<const TlsMaterial> newest = certificate_.newest();
    std::lock_guard lock(mutex_);
    if (newest == given_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    grpc_ssl_pem_key_cert_pair pair{newest->private_key.Reveal().c_str(),
                                    newest->certificate_chain.c_str()};
    // gRPC wants authorities also where it asks no client for a certificate, and then does not
    // use them.
    const std::string& authorities =
        newest->client_authorities.empty() ? newest->certificate_chain : newest->client_authorities;
    *config = grpc_ssl_server_certificate_config_create(authorities.c_str(), &pair, 1);
    given_ = std::move(newest);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const ServerCertificate& certificate_;
  grpc_server_credentials* credentials_ = nullptr;
  std::mutex mutex_;
  std::shared_ptr<const TlsMaterial> given_;  // Guarded by mutex_.
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(
    const ServerCertificate& certificate) {
  return std::make_shared<ReloadingCredentials>(certificate);
}

}  // namespace runcast::rpc
