#include "gateway/access/peer_address.h"

#include <gtest/gtest.h>

namespace runcast::access {
namespace {

struct PeerCase {
  absl::string_view peer;
  absl::string_view address;
};

class PeerAddressTest : public testing::TestWithParam<PeerCase> {};

TEST_P(PeerAddressTest, IsThePeerWithoutItsPort) {
  EXPECT_EQ(PeerAddress(GetParam().peer), GetParam().address);
}

INSTANTIATE_TEST_SUITE_P(Peers, PeerAddressTest,
                         testing::Values(PeerCase{"ipv4:10.0.0.7:5432", "10.0.0.7"},
                                         PeerCase{"ipv6:[::1]:5432", "::1"},
                                         PeerCase{"ipv6:%5B::1%5D:5432", "::1"},
                                         PeerCase{"ipv6:%5Bfe80::1%25eth0%5D:1", "fe80::1%eth0"},
                                         PeerCase{"ipv6:%5B2001:db8::5%5D:1", "2001:db8::5"},
                                         PeerCase{"unix:/run/gw.sock", "unix:/run/gw.sock"},
                                         PeerCase{"unix:", "unix:"}, PeerCase{"", ""},
                                         PeerCase{"ipv4:", ""}, PeerCase{"unknown", "unknown"}));

}  // namespace
}  // namespace runcast::access
