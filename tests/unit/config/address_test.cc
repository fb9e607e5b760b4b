#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/config/base_url.h"
#include "gateway/config/engine_address.h"
#include "gateway/config/listen_address.h"

namespace runcast::config {
namespace {

TEST(ListenAddressTest, LoopbackIsKnownByAddressOrByTheNameLocalhost) {
  for (const char* text : {"127.0.0.1:1", "127.8.9.1:1", "[::1]:8443", "localhost:0"}) {
    ASSERT_TRUE(ParseListenAddress(text).has_value()) << text;
    EXPECT_TRUE(ParseListenAddress(text)->IsLoopback()) << text;
  }
  for (const char* text : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "gateway.example:1"}) {
    ASSERT_TRUE(ParseListenAddress(text).has_value()) << text;
    EXPECT_FALSE(ParseListenAddress(text)->IsLoopback()) << text;
  }
}

TEST(ListenAddressTest, PortAndHostAreTakenApart) {
  const auto address = ParseListenAddress("[2001:db8::1]:65535");

  ASSERT_TRUE(address.has_value());
  EXPECT_EQ(address->host, "2001:db8::1");
  EXPECT_EQ(address->port, 65535);
}

TEST(ListenAddressTest, WhatIsNoAddressAndPortIsRefused) {
  for (const char* text :
       {"", "8443", ":8443", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:+1", "127.0.0.1:8443x", "256.0.0.1:1", "::1:8443", "[::1:8443", "[::1]8443",
        "a b:1", "unix:/run/x", "[localhost]:1"}) {
    EXPECT_FALSE(ParseListenAddress(text).has_value()) << text;
  }
}

TEST(EngineAddressTest, IsAHostAndAPortOrASocket) {
  const auto name = ParseEngineAddress("redis.example:6379");
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->host, "redis.example");
  EXPECT_EQ(name->port, 6379);
  EXPECT_EQ(ParseEngineAddress("[::1]:6379")->host, "::1");
  const auto socket = ParseEngineAddress("unix:/run/redis.sock");
  ASSERT_TRUE(socket.has_value());
  EXPECT_EQ(socket->socket_path, "/run/redis.sock");
  EXPECT_EQ(socket->host, "");

  for (const char* text : {"", "redis", "redis:0", "redis:", "unix:", "unix:redis.sock",
                           "redis://redis:6379", "user@redis:6379", "redis:6379/0"}) {
    EXPECT_FALSE(ParseEngineAddress(text).has_value()) << text;
  }
}

TEST(BaseUrlTest, SchemeAndHostAreGood) {
  for (const char* url :
       {"https://platform.kore.ai", "https://platform.kore.ai/", "https://p:8443",
        "HTTPS://platform.kore.ai", "https://10.0.0.1", "https://[::1]", "https://[::1]:9000"}) {
    EXPECT_EQ(BaseUrlFault(url, false), std::nullopt) << url;
  }
  EXPECT_EQ(BaseUrlFault("http://127.0.0.1:9000", true), std::nullopt);
}

TEST(BaseUrlTest, EverythingElseIsRefused) {
  for (const char* url :
       {"", "platform.kore.ai", "ftp://platform.kore.ai", "https://", "https:///", "https://a b",
        "https://platform.kore.ai/api/public", "https://platform.kore.ai?x=1",
        "https://platform.kore.ai#x", "https://me:secret@platform.kore.ai", "https://p:0",
        "https://p:99999", "https://p:", "https://[::1", "http://"}) {
    EXPECT_NE(BaseUrlFault(url, true), std::nullopt) << url;
  }
}

TEST(BaseUrlTest, APasswordIsNotRepeated) {
  const auto fault = BaseUrlFault("https://me:secret@platform.kore.ai", false);

  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->find("secret"), std::string::npos);
}

TEST(BaseUrlTest, TheHostIsWhatIsConnectedTo) {
  EXPECT_EQ(HostOf("https://platform.kore.ai"), "platform.kore.ai");
  EXPECT_EQ(HostOf("HTTPS://platform.kore.ai:8443/"), "platform.kore.ai");
  EXPECT_EQ(HostOf("http://10.0.0.1:80"), "10.0.0.1");
  EXPECT_EQ(HostOf("https://[::1]"), "::1");
  EXPECT_EQ(HostOf("https://[fd00::1]:9000/"), "fd00::1");
}

TEST(PathPrefixTest, IsAPathAsItStandsInAUrl) {
  for (const char* path : {"", "/api/public", "/api/1.1/public", "/a%20b"}) {
    EXPECT_EQ(PathPrefixFault(path), std::nullopt) << path;
  }
  for (const char* path :
       {"/", "api", "/api/", "/a b", "/a?b", "/a#b", "/a//b", "/a/../b", "/.", "/ä", "/a\\b"}) {
    EXPECT_NE(PathPrefixFault(path), std::nullopt) << path;
  }
}

}  // namespace
}  // namespace runcast::config
