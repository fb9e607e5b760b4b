#include "gateway/access/policy_file.h"

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/access/policy_parser.h"
#include "gateway/telemetry/log.h"

namespace runcast::access {
namespace {

constexpr size_t kLargestFile = 1 << 20;

absl::Status CannotRead(const std::string& path) {
  return absl::UnavailableError(
      absl::StrCat("access policy ", path, ": cannot be read: ", std::strerror(errno)));
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "re"));
  if (file == nullptr) return CannotRead(path);
  std::string text(kLargestFile + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return CannotRead(path);
  if (text.size() > kLargestFile) {
    return absl::InvalidArgumentError(
        absl::StrCat("access policy ", path, ": is larger than 1 MiB"));
  }
  text.shrink_to_fit();
  return text;
}

absl::StatusOr<std::shared_ptr<const AccessPolicy>> ParseText(const std::string& path,
                                                              const std::string& text) {
  ParsedPolicy parsed = ParseAccessPolicy(text);
  if (parsed.policy != nullptr) return std::move(parsed.policy);
  return absl::InvalidArgumentError(
      absl::StrCat("access policy ", path, ":\n", DescribeFaults(parsed.faults)));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const AccessPolicy>> ReadPolicyFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadText(path);
  if (!text.ok()) return text.status();
  return ParseText(path, *text);
}

PolicyFile::PolicyFile(std::string path, PolicyAccessControl& control, telemetry::Metrics& metrics)
    : path_(std::move(path)), control_(control), metrics_(metrics) {}

absl::Status PolicyFile::Load() {
  absl::StatusOr<std::string> text = ReadText(path_);
  if (!text.ok()) return text.status();
  absl::StatusOr<std::shared_ptr<const AccessPolicy>> policy = ParseText(path_, *text);
  if (!policy.ok()) return policy.status();
  text_in_force_ = *std::move(text);
  PutInForce(*std::move(policy));
  return absl::OkStatus();
}

bool PolicyFile::Reload() {
  absl::StatusOr<std::string> text = ReadText(path_);
  if (text.ok() && *text == text_in_force_) {
    last_refusal_.clear();
    return false;
  }
  absl::StatusOr<std::shared_ptr<const AccessPolicy>> policy =
      text.ok() ? ParseText(path_, *text) : text.status();
  if (!policy.ok()) {
    std::string refusal(policy.status().message());
    if (refusal == last_refusal_) return false;  // Said already.
    last_refusal_ = std::move(refusal);
    metrics_.policies_refused.Add();
    telemetry::Log(telemetry::Severity::kError, "access_policy.refused",
                   "the changed access policy is refused; the old one stays in force",
                   {{"file", path_}, {"faults", last_refusal_}});
    return false;
  }
  text_in_force_ = *std::move(text);
  PutInForce(*std::move(policy));
  return true;
}

void PolicyFile::PutInForce(std::shared_ptr<const AccessPolicy> policy) {
  last_refusal_.clear();
  metrics_.policies_loaded.Add();
  telemetry::Log(telemetry::Severity::kInfo, "access_policy.loaded", "an access policy is in force",
                 {{"file", path_},
                  {"policy", policy->name()},
                  {"deny_rules", static_cast<int64_t>(policy->deny_rules().size())},
                  {"allow_rules", static_cast<int64_t>(policy->allow_rules().size())}});
  control_.SetPolicy(std::move(policy));
}

}  // namespace runcast::access
