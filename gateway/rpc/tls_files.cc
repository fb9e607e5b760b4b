#include "gateway/rpc/tls_files.h"

#include <cstdio>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace runcast::rpc {
namespace {

// A bundle of all public authorities has a fifth of it.
constexpr size_t kLargestFile = 1 << 20;

absl::StatusOr<std::string> ReadPem(const std::string& path, absl::string_view marker) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "re"));
  if (file == nullptr) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  // No buffer of the library's, in which a key would stay behind.
  std::setvbuf(file.get(), nullptr, _IONBF, 0);
  std::string text(kLargestFile + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  }
  if (text.size() > kLargestFile) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is larger than 1 MiB"));
  }
  if (!absl::StrContains(text, "-----BEGIN") || !absl::StrContains(text, marker)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": holds no PEM block with ", marker));
  }
  return text;
}

}  // namespace

absl::StatusOr<TlsMaterial> ReadTlsFiles(const TlsFiles& files, absl::Time now) {
  if (files.certificate_chain.empty() && files.private_key.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        files.client_authorities, ": client certificates need a certificate of the server"));
  }
  if (files.certificate_chain.empty() || files.private_key.empty()) {
    return absl::InvalidArgumentError("TLS needs both a certificate file and a key file");
  }
  TlsMaterial material;
  auto chain = ReadPem(files.certificate_chain, "CERTIFICATE");
  if (!chain.ok()) return chain.status();
  material.certificate_chain = *std::move(chain);
  auto key = ReadPem(files.private_key, "PRIVATE KEY");
  if (!key.ok()) return key.status();
  material.private_key = base::SecretString(*std::move(key));
  auto facts =
      auth::CheckCertificatePair(material.certificate_chain, material.private_key.Reveal(), now);
  if (!facts.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("certificate ", files.certificate_chain,
                                                   " and key ", files.private_key, ": ",
                                                   facts.status().message()));
  }
  material.certificate = *std::move(facts);
  if (files.client_authorities.empty()) return material;

  auto authorities = ReadPem(files.client_authorities, "CERTIFICATE");
  if (!authorities.ok()) return authorities.status();
  if (const absl::Status good = auth::CheckCertificates(*authorities); !good.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(files.client_authorities, ": ", good.message()));
  }
  material.client_authorities = *std::move(authorities);
  return material;
}

}  // namespace runcast::rpc
