#include "client/src/connection_text.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace runcast::client {
namespace {

// Takes `UNKNOWN: ` from the front, as an absl::Status prints its code.
void ConsumeCode(absl::string_view& text) {
  for (const absl::string_view code : {"UNKNOWN: ", "UNAVAILABLE: ", "INTERNAL: "}) {
    if (absl::ConsumePrefix(&text, code)) return;
  }
}

}  // namespace

std::string ConnectionText(absl::string_view text) {
  ConsumeCode(text);
  if (absl::ConsumePrefix(&text, "failed to connect to all addresses; last error: ")) {
    ConsumeCode(text);
    // Of the kinds of addresses only these two are written as one writes them; in an IPv6 one the
    // brackets are encoded.
    if (!absl::ConsumePrefix(&text, "ipv4:")) absl::ConsumePrefix(&text, "ipv6:");
    return absl::StrCat("connect to ", absl::StrReplaceAll(text, {{"%5B", "["},
                                                                  {"%5D", "]"},
                                                                  {"Failed to connect to remote "
                                                                   "host: ",
                                                                   ""}}));
  }
  if (absl::ConsumePrefix(&text, "DNS resolution failed for ")) {
    // `HOST:PORT: C-ares status is not ARES_SUCCESS …: Domain name not found`
    const size_t resolver = text.find(": C-ares ");
    const size_t reason = text.rfind(": ");
    if (resolver == absl::string_view::npos || reason <= resolver) {
      return absl::StrCat("find the address of ", text);
    }
    return absl::StrCat("find the address of ", text.substr(0, resolver), text.substr(reason));
  }
  return std::string(text);
}

}  // namespace runcast::client
