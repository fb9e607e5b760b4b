// How the gateway proves itself to the platform for some stream ids.

#ifndef RUNCAST_GATEWAY_AUTH_CREDENTIAL_OPTIONS_H_
#define RUNCAST_GATEWAY_AUTH_CREDENTIAL_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gateway/auth/secret_location.h"
#include "gateway/auth/signing_key.h"
#include "gateway/auth/token_encrypter.h"

namespace runcast::auth {

// Meanings, defaults and ranges: CredentialConfig in proto/runcast/config/v1.
struct CredentialOptions {
  std::string name;
  std::string client_id;
  SecretLocation secret;
  SigningAlgorithm algorithm = SigningAlgorithm::kHs256;
  std::string subject = "runcast";
  std::string audience;
  absl::Duration lifetime = absl::Minutes(5);
  absl::Duration renewal_slack = absl::Minutes(1);
  absl::Duration backdate = absl::Seconds(10);
  bool use_jti = false;
  std::string jwe_key_file;  // Empty: tokens are not encrypted.
  TokenEncrypter::Options jwe;
  std::vector<std::string> stream_ids;
};

}  // namespace runcast::auth

#endif  // RUNCAST_GATEWAY_AUTH_CREDENTIAL_OPTIONS_H_
