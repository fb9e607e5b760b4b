// Whether certificates and keys from files can be served with.

#ifndef RUNCAST_GATEWAY_AUTH_CERTIFICATE_PAIR_H_
#define RUNCAST_GATEWAY_AUTH_CERTIFICATE_PAIR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace runcast::auth {

// What operators want to know of a certificate.
struct CertificateFacts {
  std::string subject;  // As in RFC 2253.
  std::string serial;   // Hexadecimal.
  absl::Time not_after;
};

// Tries a PEM chain, leaf first, and its key as a TLS server will use them (also whether OpenSSL
// finds the key too short), and tells of the leaf.
//
// Threads: any; takes about a millisecond.
// Errors: INVALID_ARGUMENT, saying which of the two is bad: no PEM, a block that cannot be read, a
//   key with a passphrase or of another certificate, a leaf that has expired at `now`. A leaf that
//   is not valid yet passes: clocks differ by more than certificates are early.
absl::StatusOr<CertificateFacts> CheckCertificatePair(absl::string_view chain,
                                                      absl::string_view key, absl::Time now);

// Whether `pem` holds certificates, one at least, and every one of them can be read.
// Errors: INVALID_ARGUMENT, saying which cannot.
absl::Status CheckCertificates(absl::string_view pem);

}  // namespace runcast::auth

#endif  // RUNCAST_GATEWAY_AUTH_CERTIFICATE_PAIR_H_
