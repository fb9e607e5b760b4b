// IP addresses and ranges of them, for saying who may connect, and to whom.

#ifndef RUNCAST_GATEWAY_BASE_IP_RANGE_H_
#define RUNCAST_GATEWAY_BASE_IP_RANGE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace runcast::base {

// One IPv4 or IPv6 address. An IPv4 address in IPv6 clothes (`::ffff:10.0.0.1`), as a dual-stack
// socket gives it, is that IPv4 address. A pure value.
class IpAddress {
 public:
  // Numbers only, no names, no port. A zone (`fe80::1%eth0`) is dropped.
  static std::optional<IpAddress> Parse(absl::string_view text);

  bool is_v4() const;
  // Whether it belongs to somebody on the Internet, as far as the registries of special addresses
  // tell (IANA; RFC 6890): not this machine, not a private or shared network, not link-local, not a
  // group, not reserved. An IPv4 address inside of IPv6 (NAT64, 6to4, IPv4-compatible) counts as
  // itself.
  bool is_public() const;
  // 32 or 128.
  int bits() const { return is_v4() ? 32 : 128; }
  // In the order of the network; IPv4 in IPv6 clothes.
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }
  bool operator==(const IpAddress&) const = default;

 private:
  friend class IpRange;

  std::optional<IpAddress> V4Inside() const;

  // IPv4 is kept in IPv6 clothes.
  std::array<uint8_t, 16> bytes_{};
};

// All addresses that begin with the same bits. A pure value.
class IpRange {
 public:
  // `10.0.0.0/8`, `fd00::/8`, or one address. Refuses bits set beyond the prefix: `10.1.2.3/8` may
  // be a typo for less than it says.
  static absl::StatusOr<IpRange> Parse(absl::string_view text);

  // 127.0.0.0/8 and ::1.
  static std::vector<IpRange> Loopback();

  bool Contains(const IpAddress& address) const;

 private:
  IpAddress first_;
  int prefix_bits_ = 128;  // Counted in IPv6 clothes.
};

}  // namespace runcast::base

#endif  // RUNCAST_GATEWAY_BASE_IP_RANGE_H_
