#include "gateway/config/config_checks.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "gateway/base/ip_range.h"
#include "gateway/config/base_url.h"
#include "gateway/config/drain_end.h"
#include "gateway/config/duration_text.h"
#include "gateway/config/engine_address.h"
#include "gateway/config/listen_address.h"

namespace runcast::config {
namespace {

constexpr const char* kAddressText =
    "must be an address and a port, such as 127.0.0.1:8443 or "
    "[::]:8443";

// Whether none of the fields is at fault already.
bool AllGood(const Faults& faults, std::initializer_list<const char*> paths) {
  for (const char* path : paths) {
    if (faults.Has(path)) return false;
  }
  return true;
}

void CheckServer(const v1::ServerConfig& server, Faults& faults) {
  const auto address = ParseListenAddress(server.listen());
  if (!address.has_value() && !faults.Has("server.listen")) {
    faults.Add("server.listen", kAddressText);
  }
  const bool has_certificate = !server.tls_certificate_file().empty();
  const bool has_key = !server.tls_key_file().empty();
  if (AllGood(faults, {"server.tls_certificate_file", "server.tls_key_file"})) {
    if (has_certificate && !has_key) {
      faults.Add("server.tls_certificate_file", "needs server.tls_key_file as well");
    } else if (has_key && !has_certificate) {
      faults.Add("server.tls_key_file", "needs server.tls_certificate_file as well");
    }
  }
  if (!server.tls_client_ca_file().empty() && !has_certificate && !has_key &&
      AllGood(faults, {"server.tls_client_ca_file", "server.tls_certificate_file"})) {
    faults.Add("server.tls_client_ca_file",
               "needs TLS: server.tls_certificate_file and server.tls_key_file");
  }
  if (address.has_value() && !address->IsLoopback() && !has_certificate && !has_key &&
      !server.allow_plaintext() &&
      AllGood(faults, {"server.listen", "server.tls_certificate_file", "server.tls_key_file",
                       "server.allow_plaintext"})) {
    faults.Add("server.listen",
               "is no loopback address and has no TLS: give server.tls_certificate_file and "
               "server.tls_key_file, or server.allow_plaintext if a proxy in front does TLS");
  }
}

void CheckAdmin(const v1::GatewayConfig& config, Faults& faults) {
  const std::string& listen = config.admin().listen();
  if (listen.empty() || faults.Has("admin.listen")) return;
  const auto address = ParseListenAddress(listen);
  if (!address.has_value()) {
    faults.Add("admin.listen", absl::StrCat(kAddressText, ", or empty for none"));
  } else if (address->port != 0 && listen == config.server().listen()) {
    faults.Add("admin.listen", "must differ from server.listen");
  }
}

void CheckUpstream(const v1::UpstreamConfig& upstream, Faults& faults) {
  if (AllGood(faults, {"upstream.base_url", "upstream.allow_http"})) {
    if (const auto fault = BaseUrlFault(upstream.base_url(), upstream.allow_http())) {
      faults.Add("upstream.base_url", *fault);
    }
  }
  if (!faults.Has("upstream.path_prefix")) {
    if (const auto fault = PathPrefixFault(upstream.path_prefix())) {
      faults.Add("upstream.path_prefix", *fault);
    }
  }
  if (AllGood(faults, {"upstream.connect_timeout", "upstream.poll_timeout"}) &&
      FromProto(upstream.connect_timeout()) > FromProto(upstream.poll_timeout())) {
    faults.Add("upstream.connect_timeout", "must not be longer than upstream.poll_timeout");
  }

  std::set<std::string> words;
  for (int i = 0; i < upstream.state_words_size(); ++i) {
    const std::string path = absl::StrCat("upstream.state_words[", i, "].word");
    if (faults.Has(path)) continue;
    const std::string word = absl::AsciiStrToLower(
        absl::StrReplaceAll(upstream.state_words(i).word(), {{"_", ""}, {"-", ""}, {" ", ""}}));
    if (word.empty()) {
      faults.Add(path, "must hold a letter or digit");
    } else if (!words.insert(word).second) {
      faults.Add(path, "has its meaning already, further up; case, _, - and blanks do not count");
    }
  }
}

// `ranges` is the list at `path`, none of whose entries may be a mistake.
template <typename Texts>
void CheckRanges(const std::string& path, const Texts& ranges, Faults& faults) {
  for (int i = 0; i < ranges.size(); ++i) {
    const std::string entry = absl::StrCat(path, "[", i, "]");
    if (faults.Has(entry)) continue;
    if (const auto range = base::IpRange::Parse(ranges[i]); !range.ok()) {
      faults.Add(entry, range.status().message());
    }
  }
}

// A host written as an address can be judged at once; names are judged at each connection.
void CheckUpstreamAddress(const v1::UpstreamConfig& upstream, Faults& faults) {
  CheckRanges("upstream.allowed_private_addresses", upstream.allowed_private_addresses(), faults);
  if (!AllGood(faults, {"upstream.base_url", "upstream.allow_http"})) return;
  const auto address = base::IpAddress::Parse(HostOf(upstream.base_url()));
  if (!address.has_value() || address->is_public()) return;
  std::vector<base::IpRange> allowed;
  if (upstream.allow_http()) allowed = base::IpRange::Loopback();
  for (const std::string& text : upstream.allowed_private_addresses()) {
    if (const auto range = base::IpRange::Parse(text); range.ok()) allowed.push_back(*range);
  }
  for (const base::IpRange& range : allowed) {
    if (range.Contains(*address)) return;
  }
  faults.Add("upstream.base_url",
             "is an address that is not public; if the platform really is there, name it in "
             "upstream.allowed_private_addresses");
}

bool IsPin(absl::string_view text) {
  std::string digest;
  return absl::ConsumePrefix(&text, "sha256//") && text.size() == 44 &&
         absl::Base64Unescape(text, &digest) && digest.size() == 32;
}

void CheckPins(const v1::UpstreamConfig& upstream, Faults& faults) {
  for (int i = 0; i < upstream.pinned_public_keys_size(); ++i) {
    const std::string path = absl::StrCat("upstream.pinned_public_keys[", i, "]");
    if (faults.Has(path) || IsPin(upstream.pinned_public_keys(i))) continue;
    faults.Add(path,
               "must be `sha256//` and the base64 of the SHA-256 digest of the key's DER form, 44 "
               "characters");
  }
}

void CheckPolling(const v1::PollingConfig& polling, Faults& faults) {
  // The reserve of architecture's rate budget: 2 calls of the minute, 1 % of the hour.
  const uint64_t pollers = polling.expected_pollers();
  if (AllGood(faults, {"polling.per_minute", "polling.expected_pollers"}) &&
      polling.per_minute() < pollers + 2) {
    faults.Add("polling.per_minute",
               absl::StrCat("must be at least ", pollers + 2, ": 2 calls are kept in reserve and ",
                            pollers, pollers == 1 ? " poller needs" : " pollers need",
                            " one each (polling.expected_pollers)"));
  }
  // per_hour · 0.99, rounded down, as the budget does it.
  if (AllGood(faults, {"polling.per_hour", "polling.expected_pollers"}) &&
      uint64_t{polling.per_hour()} * 99 / 100 < pollers) {
    faults.Add("polling.per_hour", absl::StrCat("must be at least ", (pollers * 100 + 98) / 99,
                                                ": 1 % is kept in reserve and ", pollers,
                                                pollers == 1 ? " poller needs" : " pollers need",
                                                " one call each (polling.expected_pollers)"));
  }
  if (AllGood(faults, {"polling.base_interval", "polling.min_gap"}) &&
      FromProto(polling.base_interval()) < FromProto(polling.min_gap())) {
    faults.Add("polling.base_interval", "must not be shorter than polling.min_gap");
  }
  if (AllGood(faults, {"polling.early_interval", "polling.min_gap"}) &&
      FromProto(polling.early_interval()) < FromProto(polling.min_gap())) {
    faults.Add("polling.early_interval", "must not be shorter than polling.min_gap");
  }
}

void CheckAccess(const v1::GatewayConfig& config, Faults& faults) {
  const v1::AccessConfig& settings = config.access();
  const bool has_header = settings.trusted_header() != v1::AccessConfig::TRUSTED_HEADER_NONE;
  if (settings.require_identity() && !has_header && config.server().tls_client_ca_file().empty() &&
      AllGood(faults,
              {"access.require_identity", "access.trusted_header", "server.tls_client_ca_file"})) {
    faults.Add("access.require_identity",
               "would refuse everybody: callers prove who they are by certificate "
               "(server.tls_client_ca_file) or by a proxy's header (access.trusted_header)");
  }
  CheckRanges("access.trusted_proxies", settings.trusted_proxies(), faults);
  if (settings.trusted_proxies_size() > 0 && !has_header && !faults.Has("access.trusted_header")) {
    faults.Add("access.trusted_proxies", "needs access.trusted_header: no header is believed yet");
  }
}

void CheckDrain(const v1::DrainConfig& drain, Faults& faults) {
  if (AllGood(faults, {"drain.delay", "drain.spread", "drain.hard_deadline"}) &&
      FromProto(drain.delay()) + FromProto(drain.spread()) > FromProto(drain.hard_deadline())) {
    faults.Add("drain.hard_deadline",
               "must not be shorter than drain.delay and drain.spread together");
  }
}

void CheckCoordination(const v1::CoordinationConfig& coordination, Faults& faults) {
  const bool has_address = !coordination.address().empty();
  if (has_address && !faults.Has("coordination.address") &&
      !ParseEngineAddress(coordination.address()).has_value()) {
    faults.Add("coordination.address",
               "must be host:port, [address]:port or unix:/path; the password belongs into "
               "coordination.password_file");
  }
  if (!has_address && AllGood(faults, {"coordination.address", "coordination.user"}) &&
      !coordination.user().empty()) {
    faults.Add("coordination.user", "needs coordination.address");
  }
  if (!coordination.user().empty() && coordination.password_file().empty() &&
      AllGood(faults, {"coordination.user", "coordination.password_file"})) {
    faults.Add("coordination.user", "needs coordination.password_file");
  }
  if (coordination.key_prefix().empty() && !faults.Has("coordination.key_prefix")) {
    faults.Add("coordination.key_prefix", "must not be empty");
  }
}

}  // namespace

void CheckSections(const v1::GatewayConfig& config, Faults& faults) {
  CheckServer(config.server(), faults);
  CheckAdmin(config, faults);
  CheckUpstream(config.upstream(), faults);
  CheckUpstreamAddress(config.upstream(), faults);
  CheckPins(config.upstream(), faults);
  CheckPolling(config.polling(), faults);
  CheckAccess(config, faults);
  CheckDrain(config.drain(), faults);
  CheckCoordination(config.coordination(), faults);
}

std::vector<std::string> DoubtsAbout(const v1::GatewayConfig& config) {
  const v1::DrainConfig& drain = config.drain();
  const absl::Duration needed =
      FromProto(drain.delay()) + FromProto(drain.spread()) + TimeAfterSpread();
  if (FromProto(drain.hard_deadline()) >= needed) return {};
  // No fault: whoever wants a quick end may have it.
  return {absl::StrCat("drain.hard_deadline: may cut streams before they are told why; ",
                       DurationText(needed),
                       " are enough for drain.delay, drain.spread and what follows them")};
}

}  // namespace runcast::config
