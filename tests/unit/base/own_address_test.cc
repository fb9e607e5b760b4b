#include "gateway/base/own_address.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <set>
#include <string>

namespace runcast::base {
namespace {

// Of the first address of each family of each network interface that is up.
std::set<std::string> InterfaceAddresses() {
  std::set<std::string> addresses;
  std::set<std::string> seen;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return addresses;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_UP) == 0) continue;
    char text[INET6_ADDRSTRLEN] = "";
    if (entry->ifa_addr->sa_family == AF_INET) {
      ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(entry->ifa_addr)->sin_addr, text,
                  sizeof(text));
    } else if (entry->ifa_addr->sa_family == AF_INET6) {
      const auto& address = reinterpret_cast<const sockaddr_in6*>(entry->ifa_addr)->sin6_addr;
      // Means nothing without its interface.
      if (IN6_IS_ADDR_LINKLOCAL(&address)) continue;
      ::inet_ntop(AF_INET6, &address, text, sizeof(text));
    } else {
      continue;
    }
    const std::string first = entry->ifa_name + std::to_string(entry->ifa_addr->sa_family);
    if (seen.insert(first).second) addresses.insert(text);
  }
  ::freeifaddrs(list);
  return addresses;
}

TEST(OwnAddressTest, TheAddressesOfItsInterfacesAreTheMachinesOwn) {
  const std::set<std::string> addresses = InterfaceAddresses();

  EXPECT_THAT(addresses, testing::Contains("127.0.0.1"));
  for (const std::string& address : addresses) {
    EXPECT_TRUE(IsOwnAddress(*IpAddress::Parse(address))) << address;
  }
}

TEST(OwnAddressTest, AddressesOfOthersAreNot) {
  for (const char* address : {"203.0.113.7", "8.8.8.8", "255.255.255.255", "224.0.0.1", "0.0.0.0",
                              "2001:db8::7", "ff02::1", "::", "fe80::1"}) {
    EXPECT_FALSE(IsOwnAddress(*IpAddress::Parse(address))) << address;
  }
}

// Their neighbours in the same network, to which there is a way without a gateway in between.
TEST(OwnAddressTest, NeighboursAreNot) {
  const std::set<std::string> own = InterfaceAddresses();
  for (const std::string& address : own) {
    in_addr number{};
    if (::inet_pton(AF_INET, address.c_str(), &number) != 1 || address.rfind("127.", 0) == 0) {
      continue;
    }
    number.s_addr = htonl(ntohl(number.s_addr) ^ 4U);
    char neighbour[INET_ADDRSTRLEN] = "";
    ::inet_ntop(AF_INET, &number, neighbour, sizeof(neighbour));
    if (own.count(neighbour) > 0) continue;
    EXPECT_FALSE(IsOwnAddress(*IpAddress::Parse(neighbour))) << neighbour;
  }
}

TEST(OwnAddressTest, AnAddressInTheClothesOfIPv6CountsAsItself) {
  EXPECT_TRUE(IsOwnAddress(*IpAddress::Parse("::ffff:127.0.0.1")));
  EXPECT_FALSE(IsOwnAddress(*IpAddress::Parse("::ffff:203.0.113.7")));
}

}  // namespace
}  // namespace runcast::base
