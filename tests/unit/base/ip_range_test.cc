#include "gateway/base/ip_range.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runcast::base {
namespace {

struct RangeCase {
  absl::string_view range;
  absl::string_view address;
  bool contains;
};

class IpRangeTest : public testing::TestWithParam<RangeCase> {};

TEST_P(IpRangeTest, ContainsExactlyTheAddressesWithItsFirstBits) {
  const absl::StatusOr<IpRange> range = IpRange::Parse(GetParam().range);
  ASSERT_TRUE(range.ok()) << GetParam().range << ' ' << range.status();
  const std::optional<IpAddress> address = IpAddress::Parse(GetParam().address);
  ASSERT_TRUE(address.has_value()) << GetParam().address;

  EXPECT_EQ(range->Contains(*address), GetParam().contains)
      << GetParam().address << " in " << GetParam().range;
}

INSTANTIATE_TEST_SUITE_P(V4, IpRangeTest,
                         testing::Values(RangeCase{"127.0.0.0/8", "127.0.0.1", true},
                                         RangeCase{"127.0.0.0/8", "127.255.255.255", true},
                                         RangeCase{"127.0.0.0/8", "128.0.0.0", false},
                                         RangeCase{"127.0.0.0/8", "126.255.255.255", false},
                                         RangeCase{"10.1.2.128/25", "10.1.2.128", true},
                                         RangeCase{"10.1.2.128/25", "10.1.2.127", false},
                                         RangeCase{"10.1.2.3", "10.1.2.3", true},
                                         RangeCase{"10.1.2.3", "10.1.2.2", false},
                                         RangeCase{"10.1.2.3/32", "10.1.2.3", true},
                                         RangeCase{"0.0.0.0/0", "203.0.113.9", true},
                                         RangeCase{"0.0.0.0/0", "2001:db8::1", false},
                                         RangeCase{"0.0.0.0/0", "::1", false},
                                         RangeCase{"10.0.0.0/8", "2001:db8::10.0.0.1", false}));
INSTANTIATE_TEST_SUITE_P(V6, IpRangeTest,
                         testing::Values(RangeCase{"::1", "::1", true},
                                         RangeCase{"::1", "::2", false},
                                         RangeCase{"::1", "127.0.0.1", false},
                                         RangeCase{"fd00::/8", "fd12:3456::1", true},
                                         RangeCase{"fd00::/8", "fc00::1", false},
                                         RangeCase{"2001:db8::/33", "2001:db8:7fff::1", true},
                                         RangeCase{"2001:db8::/33", "2001:db8:8000::1", false},
                                         RangeCase{"::/0", "2001:db8::1", true},
                                         RangeCase{"fe80::/10", "fe80::1%eth0", true}));
INSTANTIATE_TEST_SUITE_P(
    V4InV6Clothes, IpRangeTest,
    testing::Values(RangeCase{"127.0.0.0/8", "::ffff:127.0.0.1", true},
                    RangeCase{"10.0.0.0/8", "::ffff:0a00:0001", true},
                    RangeCase{"::ffff:10.0.0.0/104", "10.0.0.1", true},
                    RangeCase{"::ffff:10.0.0.0/104", "11.0.0.1", false},
                    // A range of IPv6 that covers the clothes does not mean IPv4.
                    RangeCase{"::/0", "127.0.0.1", false},
                    RangeCase{"::/0", "::ffff:203.0.113.9", false},
                    // IPv4-compatible addresses (RFC 4291, deprecated) are IPv6.
                    RangeCase{"127.0.0.0/8", "::127.0.0.1", false}));

class IpRangeRefusalTest : public testing::TestWithParam<absl::string_view> {};

TEST_P(IpRangeRefusalTest, RefusesWhatIsNoRange) {
  EXPECT_EQ(IpRange::Parse(GetParam()).status().code(), absl::StatusCode::kInvalidArgument)
      << GetParam();
}

INSTANTIATE_TEST_SUITE_P(
    Texts, IpRangeRefusalTest,
    testing::Values("", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8",
                    "10.0.0.0/8 ", " 10.0.0.0/8", "10.0.0.0/0x8", "10.0.0.0/8/8", "10.0.0.0/0008",
                    "10.1.2.3/8", "10.0.0.1/0", "fd00::1/8", "::/129", "10.0.0", "10.0.0.256",
                    "010.0.0.1", "10.0.0.1:80", "[::1]", "localhost", "*", "fe80::1%eth0",
                    "fe80::%eth0/10", "127.0.0.0/255.0.0.0", absl::string_view("10.0.0.1\0", 9)));

TEST(IpAddressTest, RefusesWhatIsNoAddress) {
  for (absl::string_view text :
       {absl::string_view(""), absl::string_view("localhost"), absl::string_view("127.1"),
        absl::string_view("0x7f.0.0.1"), absl::string_view("127.0.0.1%lo"),
        absl::string_view("127.0.0.1\0.evil", 15), absl::string_view("unix"),
        absl::string_view("::ffff:127.0.0.1 "), absl::string_view("%")}) {
    EXPECT_FALSE(IpAddress::Parse(text).has_value()) << text;
  }
}

TEST(IpAddressTest, KnowsItsFamily) {
  EXPECT_TRUE(IpAddress::Parse("10.0.0.1")->is_v4());
  EXPECT_TRUE(IpAddress::Parse("::ffff:10.0.0.1")->is_v4());
  EXPECT_FALSE(IpAddress::Parse("::1")->is_v4());
}

TEST(IpRangeLoopbackTest, IsBothFamilies) {
  const auto trusted = [](absl::string_view address) {
    for (const IpRange& range : IpRange::Loopback()) {
      if (range.Contains(*IpAddress::Parse(address))) return true;
    }
    return false;
  };

  EXPECT_TRUE(trusted("127.0.0.1"));
  EXPECT_TRUE(trusted("127.8.8.8"));
  EXPECT_TRUE(trusted("::1"));
  EXPECT_TRUE(trusted("::ffff:127.0.0.1"));
  EXPECT_FALSE(trusted("10.0.0.1"));
  EXPECT_FALSE(trusted("::2"));
  EXPECT_FALSE(trusted("::"));
  EXPECT_FALSE(trusted("0.0.0.0"));
}

class PublicAddressTest : public testing::TestWithParam<const char*> {};
class SpecialAddressTest : public testing::TestWithParam<const char*> {};

TEST_P(PublicAddressTest, IsPublic) { EXPECT_TRUE(IpAddress::Parse(GetParam())->is_public()); }
TEST_P(SpecialAddressTest, IsNotPublic) { EXPECT_FALSE(IpAddress::Parse(GetParam())->is_public()); }

INSTANTIATE_TEST_SUITE_P(Addresses, PublicAddressTest,
                         testing::Values("1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255",
                                         "100.128.0.0", "126.255.255.255", "128.0.0.0",
                                         "169.253.255.255", "172.15.255.255", "172.32.0.0",
                                         "192.167.255.255", "198.17.255.255", "223.255.255.255",
                                         "2606:4700::1111", "2a00::1", "::ffff:1.1.1.1",
                                         "64:ff9b::1.1.1.1", "2002:0101:0101::1"));
INSTANTIATE_TEST_SUITE_P(
    Addresses, SpecialAddressTest,
    testing::Values("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "127.0.0.1",
                    "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255",
                    "192.168.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::", "::1",
                    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
                    "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::1",
                    "2002:7f00:0001::1", "2002:a9fe:a9fe::", "2001::1", "2001:db8::1", "fc00::1",
                    "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "ff02::1"));

}  // namespace
}  // namespace runcast::base
