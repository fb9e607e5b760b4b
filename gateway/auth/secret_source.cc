#include "gateway/auth/secret_source.h"

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "gateway/telemetry/log.h"

namespace runcast::auth {

absl::StatusOr<std::unique_ptr<SecretSource>> SecretSource::Make(base::EventLoop& loop,
                                                                 std::string name,
                                                                 SecretLocation location,
                                                                 Accept accept,
                                                                 telemetry::Metrics* metrics) {
  auto source = absl::WrapUnique(
      new SecretSource(loop, std::move(name), std::move(location), std::move(accept), metrics));
  const absl::StatusOr<bool> read = source->Read(Occasion::kStart);
  if (!read.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat(source->name_, ": ", read.status().message()));
  }
  return source;
}

SecretSource::SecretSource(base::EventLoop& loop, std::string name, SecretLocation location,
                           Accept accept, telemetry::Metrics* metrics)
    : loop_(loop),
      name_(std::move(name)),
      location_(std::move(location)),
      accept_(std::move(accept)),
      metrics_(metrics) {
  // Watching begins before the first read, so that no change falls between the two. A variable
  // of the environment does not change.
  if (location_.file.empty()) return;
  settle_timer_ = loop_.NewTimer([this] { ReadAgain(Occasion::kChanged); });
  watcher_ = std::make_unique<base::FileWatcher>(
      loop_, location_.file, [this] { settle_timer_->Set(loop_.clock().Now() + kSettleTime); });
}

bool SecretSource::Reread() { return ReadAgain(Occasion::kRefused); }

bool SecretSource::ReadAgain(Occasion occasion) {
  const absl::StatusOr<bool> changed = Read(occasion);
  if (!changed.ok()) {
    const absl::string_view failure = changed.status().message();
    if (failure != last_failure_) {
      last_failure_ = std::string(failure);
      telemetry::Log(telemetry::Severity::kWarning, "secret.not_reloaded",
                     "a secret cannot be read again; the last good one stays in use",
                     {{"secret", name_}, {"why", failure}});
    }
    return false;
  }
  last_failure_.clear();
  if (!*changed) return false;
  was_replaced_ = true;
  if (metrics_ != nullptr) metrics_->secrets_reloaded.Add();
  telemetry::Log(telemetry::Severity::kInfo, "secret.reloaded", "a changed secret is in use",
                 {{"secret", name_}, {"source", DescribeLocation(location_)}});
  return true;
}

absl::StatusOr<bool> SecretSource::Read(Occasion occasion) {
  absl::StatusOr<base::SecretString> text = ReadSecret(location_);
  if (!text.ok()) return text.status();
  if (*text == text_) return false;
  const absl::Status accepted = accept_(*text, occasion);
  if (!accepted.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat(DescribeLocation(location_), " ", accepted.message()));
  }
  text_ = *std::move(text);
  accepted_at_ = loop_.clock().Now();
  return true;
}

}  // namespace runcast::auth
