// Whether certificates can be read, and belong to a private key.

#ifndef RUNCAST_GATEWAY_AUTH_CERTIFICATE_PAIR_H_
#define RUNCAST_GATEWAY_AUTH_CERTIFICATE_PAIR_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace runcast::auth {

// `chain` begins with the certificate of the key; both are PEM, the key without passphrase.
// gRPC does not check that: every handshake would fail.
// Errors: INVALID_ARGUMENT, saying what is wrong; never with a part of the key. Threads: any.
absl::Status CheckCertificatePair(absl::string_view chain, absl::string_view key);

// Whether `pem` holds certificates, one at least, and every one of them can be read.
// Errors and threads: as above.
absl::Status CheckCertificates(absl::string_view pem);

}  // namespace runcast::auth

#endif  // RUNCAST_GATEWAY_AUTH_CERTIFICATE_PAIR_H_
