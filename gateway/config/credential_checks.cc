// The part of config_checks.h that looks at credentials.

#include <map>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gateway/config/config_checks.h"
#include "gateway/config/duration_text.h"

namespace runcast::config {
namespace {

// The platform refuses a token with `jti` that lives longer (upstream reference, section 3.3).
constexpr absl::Duration kLongestJtiLifetime = absl::Hours(1);

bool IsVariableName(const std::string& text) {
  if (text.empty() || absl::ascii_isdigit(text.front())) return false;
  for (const char c : text) {
    if (!absl::ascii_isalnum(c) && c != '_') return false;
  }
  return true;
}

void CheckSecret(const v1::CredentialConfig& credential, const std::string& path,
                 const Environment& environment, Faults& faults) {
  const std::string file_path = MemberPath(path, "secret_file");
  const std::string variable_path = MemberPath(path, "secret_env");
  const bool has_file = !credential.secret_file().empty();
  const std::string& variable = credential.secret_env();
  if (faults.Has(file_path) || faults.Has(variable_path)) return;
  if (has_file && !variable.empty()) {
    faults.Add(path, "must have exactly one of secret_file and secret_env, not both");
  } else if (!has_file && variable.empty()) {
    faults.Add(path, "must have exactly one of secret_file and secret_env");
  }
  if (variable.empty()) return;
  // Never the text itself: people put the secret here instead of the name.
  if (!IsVariableName(variable)) {
    faults.Add(variable_path, "must be the name of an environment variable, not its content");
  } else if (const auto found = environment.find(variable); found == environment.end()) {
    faults.Add(variable_path, "must name an environment variable that is set");
  } else if (found->second.empty()) {
    faults.Add(variable_path, "must name an environment variable that is not empty");
  }
}

void CheckLifetime(const v1::CredentialConfig& credential, const std::string& path,
                   Faults& faults) {
  const std::string lifetime_path = MemberPath(path, "lifetime");
  const std::string slack_path = MemberPath(path, "renewal_slack");
  if (faults.Has(lifetime_path)) return;
  const absl::Duration lifetime = FromProto(credential.lifetime());
  if (credential.use_jti() && lifetime > kLongestJtiLifetime) {
    faults.Add(lifetime_path, "must be at most 1h with use_jti: the platform refuses longer ones");
  }
  // With `use_jti` every request has a token of its own and none is renewed.
  if (!credential.use_jti() && !faults.Has(slack_path) &&
      FromProto(credential.renewal_slack()) >= lifetime) {
    faults.Add(slack_path,
               absl::StrCat("must be shorter than lifetime, which is ", DurationText(lifetime)));
  }
}

std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", absl::Utf8SafeCHexEscape(text), "\"");
}

void CheckStreamIds(const v1::CredentialConfig& credential, const std::string& path,
                    std::map<std::string, std::string>& owners, Faults& faults) {
  for (int i = 0; i < credential.stream_ids_size(); ++i) {
    const std::string id_path = ElementPath(MemberPath(path, "stream_ids"), i);
    const std::string& id = credential.stream_ids(i);
    if (faults.Has(id_path)) continue;
    if (id.empty()) {
      faults.Add(id_path, "must not be empty");
    } else if (absl::StripAsciiWhitespace(id) != id) {
      faults.Add(id_path, "must not begin or end with a blank");
    } else if (const auto [owner, first] = owners.emplace(id, id_path); !first) {
      faults.Add(id_path, absl::StrCat(Quoted(id), " is given already by ", owner->second,
                                       "; each stream id belongs to exactly one credential"));
    }
  }
}

}  // namespace

void CheckCredentials(const v1::GatewayConfig& config, const Environment& environment,
                      Faults& faults) {
  if (config.credentials().empty() && !faults.Has("credentials")) {
    faults.Add("credentials", "at least one is required; lists live in the file (--config FILE)");
  }
  std::map<std::string, std::string> names;
  std::map<std::string, std::string> stream_owners;
  for (int i = 0; i < config.credentials_size(); ++i) {
    const v1::CredentialConfig& credential = config.credentials(i);
    const std::string path = ElementPath("credentials", i);
    const std::string name_path = MemberPath(path, "name");
    if (!faults.Has(name_path)) {
      if (const auto [other, first] = names.emplace(credential.name(), path); !first) {
        faults.Add(name_path, absl::StrCat(Quoted(credential.name()), " is the name of ",
                                           other->second, " already"));
      }
    }
    CheckSecret(credential, path, environment, faults);
    CheckLifetime(credential, path, faults);
    CheckStreamIds(credential, path, stream_owners, faults);
  }
}

}  // namespace runcast::config
