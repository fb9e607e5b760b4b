// The algorithm of a credential in the words of those who sign.

#ifndef RUNCAST_GATEWAY_CONFIG_SIGNING_ALGORITHM_H_
#define RUNCAST_GATEWAY_CONFIG_SIGNING_ALGORITHM_H_

#include "gateway/auth/signing_key.h"
#include "runcast/config/v1/gateway_config.pb.h"

namespace runcast::config {

inline auth::SigningAlgorithm SigningAlgorithmOf(v1::CredentialConfig::Algorithm algorithm) {
  switch (algorithm) {
    case v1::CredentialConfig::ALGORITHM_HS512:
      return auth::SigningAlgorithm::kHs512;
    case v1::CredentialConfig::ALGORITHM_RS256:
      return auth::SigningAlgorithm::kRs256;
    case v1::CredentialConfig::ALGORITHM_RS512:
      return auth::SigningAlgorithm::kRs512;
    default:
      return auth::SigningAlgorithm::kHs256;
  }
}

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_SIGNING_ALGORITHM_H_
