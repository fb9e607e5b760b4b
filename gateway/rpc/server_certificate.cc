#include "gateway/rpc/server_certificate.h"

#include <utility>

#include "absl/time/time.h"
#include "gateway/telemetry/log.h"

namespace runcast::rpc {

ServerCertificate::ServerCertificate(TlsFiles files, const base::Clock& clock,
                                     telemetry::Metrics& metrics)
    : files_(std::move(files)), clock_(clock), metrics_(metrics) {}

absl::Status ServerCertificate::Load() {
  absl::StatusOr<TlsMaterial> material = ReadTlsFiles(files_, clock_.WallNow());
  if (!material.ok()) return material.status();
  PutInForce(*std::move(material));
  return absl::OkStatus();
}

bool ServerCertificate::Reload() {
  absl::StatusOr<TlsMaterial> material = ReadTlsFiles(files_, clock_.WallNow());
  if (!material.ok()) {
    std::string refusal(material.status().message());
    if (refusal == last_refusal_) return false;  // Said already.
    last_refusal_ = std::move(refusal);
    metrics_.certificates_refused.Add();
    telemetry::Log(telemetry::Severity::kError, "certificate.refused",
                   "the changed TLS files are refused; what was read before stays in force",
                   {{"fault", last_refusal_}});
    return false;
  }
  last_refusal_.clear();
  if (material->SameTextAs(*newest())) return false;
  PutInForce(*std::move(material));
  return true;
}

void ServerCertificate::PutInForce(TlsMaterial material) {
  const auth::CertificateFacts& facts = material.certificate;
  metrics_.certificates_loaded.Add();
  metrics_.certificate_expiry.Set(absl::ToUnixSeconds(facts.not_after));
  telemetry::Log(
      telemetry::Severity::kInfo, "certificate.loaded",
      "new connections are served with this certificate",
      {{"file", files_.certificate_chain},
       {"subject", facts.subject},
       {"serial", facts.serial},
       {"not_after", absl::FormatTime(absl::RFC3339_sec, facts.not_after, absl::UTCTimeZone())},
       {"client_authorities", files_.client_authorities}});
  auto newest = std::make_shared<const TlsMaterial>(std::move(material));
  std::lock_guard lock(mutex_);
  newest_ = std::move(newest);
}

std::shared_ptr<const TlsMaterial> ServerCertificate::newest() const {
  std::lock_guard lock(mutex_);
  return newest_;
}

}  // namespace runcast::rpc
