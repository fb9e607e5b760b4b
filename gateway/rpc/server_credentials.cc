#include "gateway/rpc/server_credentials.h"

#include <fstream>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/auth/certificate_pair.h"

namespace runcast::rpc {
namespace {

absl::StatusOr<std::string> ReadPem(const std::string& path, absl::string_view marker) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!absl::StrContains(text, "-----BEGIN") || !absl::StrContains(text, marker)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": holds no PEM block with ", marker));
  }
  return text;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TlsFiles& files) {
  if (files.certificate_chain.empty() && files.private_key.empty()) {
    if (!files.client_authorities.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          files.client_authorities, ": client certificates need a certificate of the server"));
    }
    return grpc::InsecureServerCredentials();
  }
  if (files.certificate_chain.empty() || files.private_key.empty()) {
    return absl::InvalidArgumentError("TLS needs both a certificate file and a key file");
  }
  grpc::SslServerCredentialsOptions options(
      files.client_authorities.empty()
          ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
          : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  const auto chain = ReadPem(files.certificate_chain, "CERTIFICATE");
  if (!chain.ok()) return chain.status();
  const auto key = ReadPem(files.private_key, "PRIVATE KEY");
  if (!key.ok()) return key.status();
  if (const absl::Status pair = auth::CheckCertificatePair(*chain, *key); !pair.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("certificate ", files.certificate_chain,
                                                   " and key ", files.private_key, ": ",
                                                   pair.message()));
  }
  options.pem_key_cert_pairs.push_back({*key, *chain});
  if (!files.client_authorities.empty()) {
    const auto authorities = ReadPem(files.client_authorities, "CERTIFICATE");
    if (!authorities.ok()) return authorities.status();
    options.pem_root_certs = *authorities;
  }
  return grpc::SslServerCredentials(options);
}

}  // namespace runcast::rpc
