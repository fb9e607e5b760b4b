// Reads the TLS files again when one of them has changed.

#ifndef RUNCAST_GATEWAY_RPC_CERTIFICATE_WATCH_H_
#define RUNCAST_GATEWAY_RPC_CERTIFICATE_WATCH_H_

#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "gateway/base/event_loop.h"
#include "gateway/base/file_watcher.h"
#include "gateway/rpc/server_certificate.h"

namespace runcast::rpc {

// A changed file is left alone for `settle`, so that whoever writes certificate and key one after
// the other is done with both. Each file is looked at once a second.
//
// Threads: the loop's only; made before the loop runs, destroyed after. Blocks it for the reading.
// Lifetime: `loop` and `certificate` outlive this object.
class CertificateWatch {
 public:
  static constexpr absl::Duration kSettle = absl::Milliseconds(500);

  // Before the first look at the content, so that no change falls between the two.
  CertificateWatch(base::EventLoop& loop, ServerCertificate& certificate,
                   absl::Duration settle = kSettle);

 private:
  const std::unique_ptr<base::Timer> settled_;
  std::vector<std::unique_ptr<base::FileWatcher>> watchers_;
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_CERTIFICATE_WATCH_H_
