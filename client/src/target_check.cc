#include "client/src/target_check.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace runcast::client {
namespace {

absl::Status Fault(absl::string_view target, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("gateway `", target, "`: ", what));
}

bool HasScheme(absl::string_view target) {
  if (absl::StrContains(target, "://")) return true;
  // Those of gRPC's name syntax that are written without `//` too.
  for (const absl::string_view scheme :
       {"dns:", "ipv4:", "ipv6:", "unix:", "unix-abstract:", "vsock:"}) {
    if (absl::StartsWith(target, scheme)) return true;
  }
  return false;
}

bool IsPort(absl::string_view text) {
  int port = 0;
  return !text.empty() && text.find_first_not_of("0123456789") == absl::string_view::npos &&
         absl::SimpleAtoi(text, &port) && port >= 1 && port <= 65535;
}

}  // namespace

absl::Status CheckTarget(absl::string_view target) {
  if (target.empty()) return absl::InvalidArgumentError("empty gateway address: give HOST:PORT");
  for (const absl::string_view scheme : {"http://", "https://", "grpc://", "grpcs://"}) {
    if (!absl::StartsWithIgnoreCase(target, scheme)) continue;
    const absl::string_view rest = target.substr(scheme.size());
    const bool with_tls = scheme[scheme.size() - 4] == 's';
    return Fault(target,
                 absl::StrCat("give HOST:PORT without a scheme, such as ",
                              rest.substr(0, rest.find('/')), with_tls ? ", and turn TLS on" : ""));
  }
  if (HasScheme(target)) return absl::OkStatus();

  const size_t colon = target.rfind(':');
  const absl::string_view host = target.substr(0, colon);
  if (absl::StrContains(host, ":") && !(absl::StartsWith(host, "[") && absl::EndsWith(host, "]"))) {
    return absl::EndsWith(target, "]")
               ? absl::OkStatus()
               : Fault(target, "write an IPv6 address in brackets, such as [::1]:8443");
  }
  if (host.empty()) return Fault(target, "has no host; give HOST:PORT");
  if (colon != absl::string_view::npos && !IsPort(target.substr(colon + 1))) {
    return Fault(target, "the port is not a number from 1 to 65535; give HOST:PORT");
  }
  return absl::OkStatus();
}

bool IsHostAndPort(absl::string_view target) {
  const size_t colon = target.rfind(':');
  return !HasScheme(target) && colon != absl::string_view::npos && IsPort(target.substr(colon + 1));
}

}  // namespace runcast::client
