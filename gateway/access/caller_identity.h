// Who a caller is, from its certificate or from a header that a trusted proxy wrote.

#ifndef RUNCAST_GATEWAY_ACCESS_CALLER_IDENTITY_H_
#define RUNCAST_GATEWAY_ACCESS_CALLER_IDENTITY_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/access/access_control.h"
#include "gateway/base/ip_range.h"

namespace runcast::access {

// What a verified certificate says. Empty: there was none.
struct TlsPeer {
  std::vector<std::string> uris;       // Subject alternative names of type URI.
  std::vector<std::string> dns_names;  // Of type DNS.
  std::string subject;                 // As in RFC 2253, such as `CN=billing,O=Example`.
};

// One request, as far as it says who sent it.
struct PeerFacts {
  // As gRPC writes it: `ipv4:10.0.0.7:5432`, `ipv6:%5B::1%5D:5432`.
  absl::string_view peer;
  TlsPeer certificate;
  const HeaderLookup* headers = nullptr;  // Null: none.
};

// Which header a trusted proxy writes.
enum class TrustedHeader {
  kNone,
  kForwardedClientCert,  // `x-forwarded-client-cert` of Envoy and Istio.
  kLinkerdClientId,      // `l5d-client-id` of Linkerd.
};

// Without a trusted header, or for peers that are no trusted proxy, principals come from the
// certificate and headers are not looked at. For a trusted proxy they come from the header alone:
// the proxy's own certificate says nothing about its client. A header that is missing, malformed or
// there twice proves nothing, and is not replaced by anything weaker.
//
// Principals, in this order: URIs, DNS names, subject. A name that cannot be what it claims is
// dropped: a DNS name is letters, digits, `-`, `_`, `.` and `*`; a URI has a scheme; a subject
// begins with an attribute, `CN=…`. So a subject that was chosen to look like
// `spiffe://…` never is one. Names that are too long and those beyond the 32nd are left out, and
// the caller says so.
//
// As pure as `is_own_address`. Threads: any.
class CallerIdentity {
 public:
  struct Options {
    TrustedHeader trusted_header = TrustedHeader::kNone;
    std::vector<base::IpRange> trusted_proxies = base::IpRange::Loopback();
    // Trusted beside these: who connects from an address of this machine's own, such as a sidecar
    // that keeps the pod's address (Linkerd since 2.11). Empty: nobody.
    std::function<bool(const base::IpAddress&)> is_own_address;
  };

  explicit CallerIdentity(Options options);

  Caller Identify(const PeerFacts& facts) const;

 private:
  bool IsTrustedProxy(absl::string_view address) const;

  const Options options_;
};

}  // namespace runcast::access

#endif  // RUNCAST_GATEWAY_ACCESS_CALLER_IDENTITY_H_
