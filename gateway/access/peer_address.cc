#include "gateway/access/peer_address.h"

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace runcast::access {

std::string PeerAddress(absl::string_view peer) {
  if (absl::ConsumePrefix(&peer, "ipv4:")) {
    return std::string(peer.substr(0, peer.rfind(':')));
  }
  if (absl::ConsumePrefix(&peer, "ipv6:")) {
    std::string plain = absl::StrReplaceAll(peer, {{"%5B", "["}, {"%5D", "]"}, {"%25", "%"}});
    const size_t end = plain.rfind(']');
    if (absl::StartsWith(plain, "[") && end != std::string::npos) return plain.substr(1, end - 1);
    return plain;
  }
  return std::string(peer);
}

}  // namespace runcast::access
