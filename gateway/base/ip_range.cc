#include "gateway/base/ip_range.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>
#include <initializer_list>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace runcast::base {
namespace {

constexpr std::array<uint8_t, 12> kV4Clothes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kV4ClothesBits = 96;

bool Bit(const std::array<uint8_t, 16>& bytes, int index) {
  return (bytes[static_cast<size_t>(index / 8)] >> (7 - index % 8) & 1) != 0;
}

std::vector<IpRange> Ranges(std::initializer_list<const char*> texts) {
  std::vector<IpRange> ranges;
  for (const char* text : texts) ranges.push_back(*IpRange::Parse(text));
  return ranges;
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

bool IpAddress::is_public() const {
  static const auto& special = *new std::vector<IpRange>(Ranges({
      "0.0.0.0/8",        // This network.
      "10.0.0.0/8",       // Private.
      "100.64.0.0/10",    // Shared by customers of one provider.
      "127.0.0.0/8",      // This machine.
      "169.254.0.0/16",   // Link-local; metadata of clouds.
      "172.16.0.0/12",    // Private.
      "192.0.0.0/24",     // Of protocols.
      "192.0.2.0/24",     // Of documents.
      "192.88.99.0/24",   // Relays of 6to4.
      "192.168.0.0/16",   // Private.
      "198.18.0.0/15",    // Of benchmarks.
      "198.51.100.0/24",  // Of documents.
      "203.0.113.0/24",   // Of documents.
      "224.0.0.0/4",      // Groups.
      "240.0.0.0/4",      // Reserved; everybody.
      "64:ff9b:1::/48",   // NAT64 inside of one network.
      "100::/64",         // Thrown away.
      "2001::/23",        // Of protocols, such as Teredo.
      "2001:db8::/32",    // Of documents.
      "3fff::/20",        // Of documents.
      "5f00::/16",        // Segment routing.
      "fc00::/7",         // Private.
      "fe80::/10",        // Link-local.
      "fec0::/10",        // Private, formerly.
      "ff00::/8",         // Groups.
  }));
  if (const std::optional<IpAddress> inner = V4Inside(); inner.has_value()) {
    return inner->is_public();
  }
  return std::none_of(special.begin(), special.end(),
                      [&](const IpRange& range) { return range.Contains(*this); });
}

std::optional<IpAddress> IpAddress::V4Inside() const {
  static const IpRange& nat64 = *new IpRange(*IpRange::Parse("64:ff9b::/96"));
  static const IpRange& six_to_four = *new IpRange(*IpRange::Parse("2002::/16"));
  // `::` and `::1` too, as 0.0.0.0 and 0.0.0.1, which are not public either.
  static const IpRange& compatible = *new IpRange(*IpRange::Parse("::/96"));
  if (is_v4()) return std::nullopt;
  size_t begin = 0;
  if (nat64.Contains(*this) || compatible.Contains(*this)) {
    begin = 12;
  } else if (six_to_four.Contains(*this)) {
    begin = 2;
  } else {
    return std::nullopt;
  }
  IpAddress inner;
  std::copy(kV4Clothes.begin(), kV4Clothes.end(), inner.bytes_.begin());
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(begin), 4,
              inner.bytes_.begin() + kV4Clothes.size());
  return inner;
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

}  // namespace runcast::base
