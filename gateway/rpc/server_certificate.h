// What the gateway proves itself with, and whom it lets in, as files that may change while it runs.

#ifndef RUNCAST_GATEWAY_RPC_SERVER_CERTIFICATE_H_
#define RUNCAST_GATEWAY_RPC_SERVER_CERTIFICATE_H_

#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "gateway/base/clock.h"
#include "gateway/rpc/tls_files.h"
#include "gateway/telemetry/metrics.h"

namespace runcast::rpc {

// Keeps the newest good content of the files. Connections that stand keep what they began with;
// new ones get the newest.
//
// Threads: `Load` and `Reload` one at a time, reading files while the caller waits; `newest` any.
// Lifetime: `clock` and `metrics` outlive this object.
// Errors: files of which one is gone, half written, expired or not of the others are refused,
// logged
//   and counted once for each time that what is said about them changes; what is in force stays.
class ServerCertificate {
 public:
  ServerCertificate(TlsFiles files, const base::Clock& clock, telemetry::Metrics& metrics);

  // For the start: without a good certificate the gateway must not serve. Errors: ReadTlsFiles.
  absl::Status Load();

  // Reads again; to be called when a file may have changed, however often. Returns whether
  // something new is in force.
  bool Reload();

  // Not null after a `Load` that was OK.
  std::shared_ptr<const TlsMaterial> newest() const;

  const TlsFiles& files() const { return files_; }

 private:
  void PutInForce(TlsMaterial material);

  const TlsFiles files_;
  const base::Clock& clock_;
  telemetry::Metrics& metrics_;
  std::string last_refusal_;  // What was said about the files; empty if they are good.

  mutable std::mutex mutex_;
  std::shared_ptr<const TlsMaterial> newest_;  // Guarded by mutex_.
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_SERVER_CERTIFICATE_H_
