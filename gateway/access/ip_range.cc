#include "gateway/access/ip_range.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace runcast::access {
namespace {

constexpr std::array<uint8_t, 12> kV4Clothes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kV4ClothesBits = 96;

bool Bit(const std::array<uint8_t, 16>& bytes, int index) {
  return (bytes[static_cast<size_t>(index / 8)] >> (7 - index % 8) & 1) != 0;
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(absl::string_view text) {
  // inet_pton wants a terminated string, and would stop at a NUL in the middle.
  if (text.find('\0') != absl::string_view::npos) return std::nullopt;
  const std::string number(text.substr(0, text.find('%')));
  IpAddress address;
  if (inet_pton(AF_INET6, number.c_str(), address.bytes_.data()) == 1) return address;
  if (number.size() != text.size()) return std::nullopt;  // Zones are IPv6's.
  std::copy(kV4Clothes.begin(), kV4Clothes.end(), address.bytes_.begin());
  if (inet_pton(AF_INET, number.c_str(), address.bytes_.data() + kV4Clothes.size()) == 1) {
    return address;
  }
  return std::nullopt;
}

bool IpAddress::is_v4() const {
  return std::equal(kV4Clothes.begin(), kV4Clothes.end(), bytes_.begin());
}

absl::StatusOr<IpRange> IpRange::Parse(absl::string_view text) {
  const size_t slash = text.find('/');
  const std::optional<IpAddress> address =
      absl::StrContains(text, '%') ? std::nullopt : IpAddress::Parse(text.substr(0, slash));
  if (!address.has_value()) {
    return absl::InvalidArgumentError(
        "is no IP address or range; write `10.0.0.0/8`, `fd00::/8` or one address");
  }
  IpRange range;
  range.first_ = *address;
  if (slash == absl::string_view::npos) return range;

  // Written as IPv6, the prefix counts all 128 bits, also of an IPv4 address in its clothes.
  const bool dotted = !absl::StrContains(text, ':');
  const absl::string_view digits = text.substr(slash + 1);
  int prefix_bits = 0;
  const bool is_number = !digits.empty() && digits.size() <= 3 &&
                         digits.find_first_not_of("0123456789") == absl::string_view::npos &&
                         absl::SimpleAtoi(digits, &prefix_bits);
  const int most = dotted ? 32 : 128;
  if (!is_number || prefix_bits > most) {
    return absl::InvalidArgumentError(
        absl::StrCat("has no number from 0 to ", most, " after the `/`"));
  }
  range.prefix_bits_ = prefix_bits + (dotted ? kV4ClothesBits : 0);
  for (int bit = range.prefix_bits_; bit < 128; ++bit) {
    if (Bit(address->bytes_, bit)) {
      return absl::InvalidArgumentError(
          absl::StrCat("has bits set beyond its first ", prefix_bits,
                       "; write the first address of the range, or one address without `/`"));
    }
  }
  return range;
}

std::vector<IpRange> IpRange::Loopback() { return {*Parse("127.0.0.0/8"), *Parse("::1")}; }

bool IpRange::Contains(const IpAddress& address) const {
  // A range of IPv6 that happens to hold IPv4's clothes (`::/0`) means IPv6 only.
  if (prefix_bits_ < kV4ClothesBits && address.is_v4()) return false;
  for (int bit = 0; bit < prefix_bits_; ++bit) {
    if (Bit(address.bytes_, bit) != Bit(first_.bytes_, bit)) return false;
  }
  return true;
}

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
