#include "gateway/config/listen_address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace runcast::config {
namespace {

bool IsV4(const std::string& host) {
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool IsV6(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// A name has a letter somewhere: `127.0.0.1.` and `10.0.0.256` are mistakes, no names.
bool IsName(absl::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  const bool legal = std::all_of(host.begin(), host.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_';
  });
  return legal && std::any_of(host.begin(), host.end(), absl::ascii_isalpha);
}

}  // namespace

bool ListenAddress::IsLoopback() const {
  return absl::EqualsIgnoreCase(host, "localhost") || host == "::1" ||
         (IsV4(host) && absl::StartsWith(host, "127."));
}

std::optional<ListenAddress> ParseListenAddress(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return std::nullopt;
  absl::string_view host = text.substr(0, colon);
  const absl::string_view port = text.substr(colon + 1);

  ListenAddress address;
  uint32_t number = 0;
  const bool digits = !port.empty() && std::all_of(port.begin(), port.end(), absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(port, &number) || number > 65535) return std::nullopt;
  address.port = static_cast<uint16_t>(number);

  if (absl::ConsumePrefix(&host, "[")) {
    if (!absl::ConsumeSuffix(&host, "]")) return std::nullopt;
    address.host = std::string(host);
    if (!IsV6(address.host)) return std::nullopt;
  } else {
    address.host = std::string(host);
    if (!IsV4(address.host) && !IsName(host)) return std::nullopt;
  }
  return address;
}

}  // namespace runcast::config
