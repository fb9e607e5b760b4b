#include "gateway/auth/credential_set.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace runcast::auth {
namespace {

// What is wrong with the list as a whole, one sentence a fault.
std::vector<std::string> FaultsOfList(const std::vector<CredentialOptions>& credentials) {
  std::vector<std::string> faults;
  if (credentials.empty()) faults.push_back("there is no credential");
  absl::flat_hash_set<std::string> names;
  absl::flat_hash_map<std::string, std::string> owner_of;
  for (const CredentialOptions& credential : credentials) {
    const std::string who = absl::StrCat("credential `", credential.name, "`");
    if (credential.name.empty()) faults.push_back("a credential has no name");
    if (!names.insert(credential.name).second) {
      faults.push_back(absl::StrCat(who, ": the name is given twice"));
    }
    if (credential.stream_ids.empty()) {
      faults.push_back(absl::StrCat(who, ": no stream ids are given"));
    }
    for (const std::string& stream_id : credential.stream_ids) {
      if (stream_id.empty()) {
        faults.push_back(absl::StrCat(who, ": a stream id is empty"));
        continue;
      }
      const auto [owner, is_first] = owner_of.emplace(stream_id, credential.name);
      if (is_first) continue;
      faults.push_back(absl::StrCat(who, ": the stream id `", stream_id,
                                    "` already belongs to credential `", owner->second, "`"));
    }
  }
  return faults;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CredentialSet>> CredentialSet::Make(
    base::EventLoop& loop, const std::vector<CredentialOptions>& credentials,
    telemetry::Metrics* metrics) {
  auto set = absl::WrapUnique(new CredentialSet(loop));
  std::vector<std::string> faults = FaultsOfList(credentials);
  for (const CredentialOptions& options : credentials) {
    absl::StatusOr<std::unique_ptr<CachingTokenSource>> source =
        CachingTokenSource::Make(loop, options, set->clock_difference_, metrics);
    if (!source.ok()) {
      faults.emplace_back(source.status().message());
      continue;
    }
    for (const std::string& stream_id : options.stream_ids) {
      if (stream_id == "*") {
        set->for_the_rest_ = source->get();
      } else {
        set->by_stream_id_.emplace(stream_id, source->get());
      }
    }
    set->sources_.push_back(*std::move(source));
  }
  if (!faults.empty()) return absl::FailedPreconditionError(absl::StrJoin(faults, "\n"));
  return set;
}

CachingTokenSource* CredentialSet::Lookup(absl::string_view stream_id) const {
  const auto found = by_stream_id_.find(stream_id);
  return found != by_stream_id_.end() ? found->second : for_the_rest_;
}

bool CredentialSet::Serves(absl::string_view stream_id) const {
  return Lookup(stream_id) != nullptr;
}

TokenSource* CredentialSet::Find(absl::string_view stream_id) { return Lookup(stream_id); }

void CredentialSet::ReadSecretsAgain() {
  for (const auto& source : sources_) source->ReadSecretsAgain();
}

void CredentialSet::OnPlatformDate(absl::Time platform_time) {
  clock_difference_.Add(platform_time, loop_.clock().Now());
}

}  // namespace runcast::auth
