// Server side of TLS: a context from files, and certificates made on the spot for tests.

#ifndef RUNCAST_TESTS_SIMULATOR_TLS_CONTEXT_H_
#define RUNCAST_TESTS_SIMULATOR_TLS_CONTEXT_H_

#include <openssl/ssl.h>

#include <string>
#include <vector>

namespace runcast::simulator {

// HTTP/1.1 over TLS 1.2 and 1.3. The caller owns the context. Throws std::runtime_error with the
// reason when the files are no matching pair.
SSL_CTX* MakeTlsContext(const std::string& certificate_file, const std::string& key_file);

struct SelfSignedFiles {
  std::string ca;           // DIR/ca.pem
  std::string certificate;  // DIR/server.pem
  std::string key;          // DIR/server-key.pem
};

// Makes a CA and a server certificate for `names` (host names and IPv4/IPv6 addresses) and writes
// them into `directory`, which exists or is made. `expired` dates the certificate into the past.
// Throws std::runtime_error with the reason.
SelfSignedFiles MakeSelfSigned(const std::string& directory, const std::vector<std::string>& names,
                               bool expired);

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_TLS_CONTEXT_H_
