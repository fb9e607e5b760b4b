// The files that TLS is made of, and what is in them.

#ifndef RUNCAST_GATEWAY_RPC_TLS_FILES_H_
#define RUNCAST_GATEWAY_RPC_TLS_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/auth/certificate_pair.h"
#include "gateway/base/secret_string.h"

namespace runcast::rpc {

// PEM files. All empty: plaintext.
struct TlsFiles {
  std::string certificate_chain;
  std::string private_key;
  // Authorities of client certificates. When given, a caller without a valid one is refused.
  std::string client_authorities;

  bool IsPlaintext() const {
    return certificate_chain.empty() && private_key.empty() && client_authorities.empty();
  }
};

// Their content, checked to be of use together.
struct TlsMaterial {
  std::string certificate_chain;
  base::SecretString private_key;
  std::string client_authorities;  // Empty: client certificates are not asked for.
  auth::CertificateFacts certificate;

  // Whether the files say the same; facts follow from that.
  bool SameTextAs(const TlsMaterial& other) const {
    return certificate_chain == other.certificate_chain && private_key == other.private_key &&
           client_authorities == other.client_authorities;
  }
};

// Reads and judges all of them.
//
// Threads: any; blocks for the reading.
// Errors, each naming the file, never what is in it: NOT_FOUND for one that cannot be read;
//   INVALID_ARGUMENT where one is missing that another needs, for one without PEM or over 1 MiB,
//   for a key that is not that of the certificate, and for a certificate that has expired at `now`.
absl::StatusOr<TlsMaterial> ReadTlsFiles(const TlsFiles& files, absl::Time now);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_TLS_FILES_H_
