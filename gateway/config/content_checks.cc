#include "gateway/config/content_checks.h"

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gateway/access/policy_file.h"
#include "gateway/auth/certificate_pair.h"
#include "gateway/auth/secret_location.h"
#include "gateway/auth/signing_key.h"
#include "gateway/auth/token_encrypter.h"
#include "gateway/config/signing_algorithm.h"

namespace runcast::config {
namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The secret of a credential, or what is wrong with the place it is in.
absl::StatusOr<base::SecretString> SecretOf(const v1::CredentialConfig& credential,
                                            const Environment& environment) {
  if (!credential.secret_file().empty()) {
    return auth::ReadSecret({.file = credential.secret_file(), .environment = ""});
  }
  const auto found = environment.find(credential.secret_env());
  const absl::string_view text =
      found == environment.end() ? "" : absl::StripTrailingAsciiWhitespace(found->second);
  if (text.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("environment variable `", credential.secret_env(), "` is empty"));
  }
  return base::SecretString(std::string(text));
}

void CheckSecretText(const v1::CredentialConfig& credential, const std::string& path,
                     const Environment& environment, Faults& faults) {
  const bool in_file = !credential.secret_file().empty();
  const std::string where = MemberPath(path, in_file ? "secret_file" : "secret_env");
  if (faults.Has(where) || (!in_file && credential.secret_env().empty())) return;
  const auth::SigningAlgorithm algorithm = SigningAlgorithmOf(credential.algorithm());
  const std::string wanted = auth::IsSymmetric(algorithm)
                                 ? "must lead to the Client Secret"
                                 : absl::StrCat("must lead to an RSA private key in PEM for ",
                                                auth::SigningAlgorithmName(algorithm));
  const absl::StatusOr<base::SecretString> secret = SecretOf(credential, environment);
  if (!secret.ok()) {
    faults.Add(where, absl::StrCat(wanted, "; ", secret.status().message()));
    return;
  }
  if (const auto key = auth::SigningKey::Make(algorithm, *secret); !key.ok()) {
    faults.Add(where, absl::StrCat(wanted, "; what is there ", key.status().message()));
  }
}

void CheckJwk(const v1::CredentialConfig& credential, const std::string& path, Faults& faults) {
  const std::string where = MemberPath(path, "jwe_key_file");
  if (credential.jwe_key_file().empty() || faults.Has(where) ||
      faults.Has(MemberPath(path, "jwe_algorithm")) ||
      faults.Has(MemberPath(path, "jwe_encryption"))) {
    return;
  }
  constexpr const char* kWanted = "must name the platform's public RSA key as a JWK; ";
  const absl::StatusOr<base::SecretString> jwk =
      auth::ReadSecret({.file = credential.jwe_key_file(), .environment = ""});
  if (!jwk.ok()) {
    faults.Add(where, absl::StrCat(kWanted, jwk.status().message()));
    return;
  }
  const auto encrypter =
      auth::TokenEncrypter::Make(*jwk, {.algorithm = credential.jwe_algorithm(),
                                        .encryption = credential.jwe_encryption(),
                                        .content_type = credential.jwe_content_type()});
  if (!encrypter.ok()) {
    faults.Add(where, absl::StrCat(kWanted, "what is there ", encrypter.status().message()));
  }
}

void CheckAuthorities(const std::string& file, const std::string& path, Faults& faults) {
  if (file.empty() || faults.Has(path)) return;
  if (const absl::Status good = auth::CheckCertificates(ReadAll(file)); !good.ok()) {
    faults.Add(path, absl::StrCat("must name a PEM file with certificates; ", good.message()));
  }
}

void CheckTls(const v1::ServerConfig& server, Faults& faults) {
  CheckAuthorities(server.tls_client_ca_file(), "server.tls_client_ca_file", faults);
  const std::string& chain = server.tls_certificate_file();
  const std::string& key = server.tls_key_file();
  CheckAuthorities(chain, "server.tls_certificate_file", faults);
  if (chain.empty() || key.empty() || faults.Has("server.tls_certificate_file") ||
      faults.Has("server.tls_key_file")) {
    return;
  }
  const absl::Status pair =
      auth::CheckCertificatePair(ReadAll(chain), ReadAll(key), absl::Now()).status();
  if (!pair.ok()) {
    faults.Add(
        "server.tls_key_file",
        absl::StrCat("must name the PEM key of server.tls_certificate_file; ", pair.message()));
  }
}

void CheckPassword(const v1::CoordinationConfig& coordination, Faults& faults) {
  const std::string& file = coordination.password_file();
  // Without an address nobody logs in.
  if (coordination.address().empty() || file.empty() || faults.Has("coordination.password_file")) {
    return;
  }
  const absl::Status good = auth::ReadSecret({.file = file, .environment = ""}).status();
  if (!good.ok()) {
    faults.Add("coordination.password_file",
               absl::StrCat("must name a file with the password; ", good.message()));
  }
}

void CheckPolicy(const v1::AccessConfig& settings, Faults& faults) {
  if (settings.policy_file().empty() || faults.Has("access.policy_file")) return;
  const auto policy = access::ReadPolicyFile(settings.policy_file());
  if (policy.ok()) return;
  // A headline, then a fault a line; or one line alone.
  std::vector<std::string> lines =
      absl::StrSplit(policy.status().message(), '\n', absl::SkipEmpty());
  if (lines.size() > 1) lines.erase(lines.begin());
  for (const std::string& line : lines) {
    faults.Add("access.policy_file", absl::StripAsciiWhitespace(line));
  }
}

}  // namespace

void CheckContents(const v1::GatewayConfig& config, const Environment& environment,
                   Faults& faults) {
  for (int i = 0; i < config.credentials_size(); ++i) {
    const std::string path = ElementPath("credentials", i);
    CheckSecretText(config.credentials(i), path, environment, faults);
    CheckJwk(config.credentials(i), path, faults);
  }
  CheckTls(config.server(), faults);
  CheckAuthorities(config.upstream().ca_file(), "upstream.ca_file", faults);
  CheckPassword(config.coordination(), faults);
  CheckPolicy(config.access(), faults);
}

}  // namespace runcast::config
