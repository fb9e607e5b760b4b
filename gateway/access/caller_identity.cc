#include "gateway/access/caller_identity.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "gateway/access/forwarded_client_cert.h"
#include "gateway/access/peer_address.h"

namespace runcast::access {
namespace {

constexpr absl::string_view kForwardedClientCert = "x-forwarded-client-cert";
constexpr absl::string_view kLinkerdClientId = "l5d-client-id";

// SPIFFE ids have at most 2048 bytes (SPIFFE-ID, section 2.3), DNS names 253. Names are kept for
// the life of a stream and in tables of limits, so a caller must not choose how large they are.
constexpr size_t kLongestUri = 2048;
constexpr size_t kLongestDnsName = 253;
constexpr size_t kLongestSubject = 1024;
constexpr size_t kMostPrincipals = 32;

bool IsAlphanumeric(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }

bool IsPrintable(char c) { return c > ' ' && c < 0x7f; }

bool IsUri(absl::string_view text) {
  const size_t colon = text.find(':');
  if (colon == absl::string_view::npos || colon == 0) return false;
  const absl::string_view scheme = text.substr(0, colon);
  return absl::ascii_isalpha(static_cast<unsigned char>(scheme.front())) &&
         absl::c_all_of(
             scheme,
             [](char c) { return IsAlphanumeric(c) || c == '+' || c == '-' || c == '.'; }) &&
         absl::c_all_of(text, IsPrintable);
}

bool IsDnsName(absl::string_view text) {
  return !text.empty() && absl::c_all_of(text, [](char c) {
    return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '*';
  });
}

// RFC 2253: begins with an attribute's short name or its number, then `=`. The form `/C=US/CN=…` of
// older proxies counts too.
bool IsSubject(absl::string_view text) {
  const absl::string_view name = text.substr(absl::StartsWith(text, "/") ? 1 : 0);
  const size_t equals = name.find('=');
  return equals != absl::string_view::npos && equals != 0 &&
         absl::c_all_of(name.substr(0, equals),
                        [](char c) { return IsAlphanumeric(c) || c == '.' || c == '-'; }) &&
         absl::c_none_of(text,
                         [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); });
}

void AddPrincipals(TlsPeer peer, Caller& caller) {
  const auto add = [&](std::string& name, size_t longest, bool (*is_good)(absl::string_view)) {
    const bool too_long = name.size() > longest;
    if (!too_long && !is_good(name)) return;
    if (too_long || caller.principals.size() == kMostPrincipals) {
      caller.names_left_out = true;
    } else {
      caller.principals.push_back(std::move(name));
    }
  };
  for (std::string& uri : peer.uris) add(uri, kLongestUri, &IsUri);
  for (std::string& name : peer.dns_names) add(name, kLongestDnsName, &IsDnsName);
  add(peer.subject, kLongestSubject, &IsSubject);
}

// The value of a header that must be there exactly once.
std::optional<absl::string_view> SingleValue(const HeaderLookup* headers, absl::string_view key) {
  if (headers == nullptr) return std::nullopt;
  const std::vector<absl::string_view> values = headers->Values(key);
  // Our proxy writes one. A second one means that it lets its clients' headers through, and which
  // of them is the proxy's cannot be known.
  if (values.size() != 1) return std::nullopt;
  return values.front();
}

TlsPeer ForwardedPeer(TrustedHeader header, const HeaderLookup* headers) {
  if (header == TrustedHeader::kForwardedClientCert) {
    const auto value = SingleValue(headers, kForwardedClientCert);
    return value.has_value() ? ParseForwardedClientCert(*value).value_or(TlsPeer()) : TlsPeer();
  }
  const auto value = SingleValue(headers, kLinkerdClientId);
  if (!value.has_value()) return {};
  // Linkerd writes a DNS-like name or, with SPIFFE identities, a URI; both are checked as what
  // they claim to be.
  TlsPeer peer;
  (absl::StrContains(*value, ':') ? peer.uris : peer.dns_names).emplace_back(*value);
  return peer;
}

}  // namespace

CallerIdentity::CallerIdentity(Options options) : options_(std::move(options)) {}

bool CallerIdentity::IsTrustedProxy(absl::string_view address) const {
  const std::optional<base::IpAddress> ip = base::IpAddress::Parse(address);
  if (!ip.has_value()) return false;
  return absl::c_any_of(options_.trusted_proxies,
                        [&](const base::IpRange& range) { return range.Contains(*ip); }) ||
         (options_.is_own_address && options_.is_own_address(*ip));
}

Caller CallerIdentity::Identify(const PeerFacts& facts) const {
  const std::string address = PeerAddress(facts.peer);
  Caller caller;
  if (options_.trusted_header != TrustedHeader::kNone && IsTrustedProxy(address)) {
    AddPrincipals(ForwardedPeer(options_.trusted_header, facts.headers), caller);
  } else {
    AddPrincipals(facts.certificate, caller);
  }
  caller.name = caller.principals.empty() ? address : caller.principals.front();
  return caller;
}

}  // namespace runcast::access
