// What a proxy says about its client's certificate in `x-forwarded-client-cert`.
//
// Source: Envoy's documentation of HTTP header manipulation, section x-forwarded-client-cert, and
// what Envoy really writes (source/common/http/conn_manager_utility.cc).

#ifndef RUNCAST_GATEWAY_ACCESS_FORWARDED_CLIENT_CERT_H_
#define RUNCAST_GATEWAY_ACCESS_FORWARDED_CLIENT_CERT_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "gateway/access/caller_identity.h"

namespace runcast::access {

// The client of the last proxy: the last element of the list, because a proxy appends and what
// stands before may come from anybody.
//
//   header  = element *( "," element )
//   element = pair *( ";" pair )
//   pair    = key "=" ( '"' *( any | "\" any ) '"' | *( any but ',' ';' '"' ) )
//
// The whole header must follow this; otherwise nothing is believed. An attacker's element may open
// a quote to swallow the proxy's own element, or close one to add to it: then quotes do not pair
// up, or something stands behind a closing one, and this says so instead of guessing.
//
// Keys have no case. `URI` and `DNS` may come several times, `Subject` once; other keys are
// skipped. Nothing: malformed, or names nobody.
std::optional<TlsPeer> ParseForwardedClientCert(absl::string_view header);

}  // namespace runcast::access

#endif  // RUNCAST_GATEWAY_ACCESS_FORWARDED_CLIENT_CERT_H_
