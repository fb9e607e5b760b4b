#include "gateway/rpc/certificate_watch.h"

#include <string>

namespace runcast::rpc {

CertificateWatch::CertificateWatch(base::EventLoop& loop, ServerCertificate& certificate,
                                   absl::Duration settle)
    : settled_(loop.NewTimer([&certificate] { certificate.Reload(); })) {
  const TlsFiles& files = certificate.files();
  for (const std::string& path :
       {files.certificate_chain, files.private_key, files.client_authorities}) {
    if (path.empty()) continue;
    watchers_.push_back(std::make_unique<base::FileWatcher>(
        loop, path, [this, &loop, settle] { settled_->Set(loop.clock().Now() + settle); }));
  }
}

}  // namespace runcast::rpc
