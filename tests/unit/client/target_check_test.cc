#include "client/src/target_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace runcast::client {
namespace {

using ::testing::HasSubstr;

std::string FaultOf(absl::string_view target) {
  const absl::Status status = CheckTarget(target);
  EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status)) << status;
  return std::string(status.message().data(), status.message().size());
}

TEST(TargetCheckTest, AcceptsHostAndPortAndWhatGrpcResolves) {
  for (const char* target :
       {"gateway:8443", "127.0.0.1:1", "[::1]:65535", "[::1]", "gateway", "dns:///gateway:8443",
        "dns:gateway", "xds:///runcast", "unix:/run/runcast.sock", "ipv6:[::1]:8443"}) {
    EXPECT_EQ(FaultOf(target), "") << target;
  }
}

TEST(TargetCheckTest, TellsHostAndPortFromWhatGrpcResolves) {
  for (const char* target : {"gateway:8443", "127.0.0.1:1", "[::1]:65535"}) {
    EXPECT_TRUE(IsHostAndPort(target)) << target;
  }
  for (const char* target : {"[::1]", "gateway", "8443", "dns:///gateway:8443", "dns:gateway:8443",
                             "unix:/run/runcast.sock", "ipv4:127.0.0.1:8443"}) {
    EXPECT_FALSE(IsHostAndPort(target)) << target;
  }
}

TEST(TargetCheckTest, AUrlIsRefusedAndTheRightFormNamed) {
  EXPECT_EQ(FaultOf("http://gateway:8443"),
            "gateway `http://gateway:8443`: give HOST:PORT without a scheme, such as gateway:8443");
  EXPECT_THAT(FaultOf("HTTPS://gateway:8443/path"),
              HasSubstr("such as gateway:8443, and turn TLS on"));
}

TEST(TargetCheckTest, RefusesAPortThatIsNone) {
  for (const char* target : {"gateway:", "gateway:0", "gateway:65536", "gateway:http", "gateway:1/",
                             "gateway:+1", "gateway: 1"}) {
    EXPECT_THAT(FaultOf(target), HasSubstr("1 to 65535")) << target;
  }
}

TEST(TargetCheckTest, RefusesAnAddressWithoutHostAndOneWithoutBrackets) {
  EXPECT_THAT(FaultOf(""), HasSubstr("give HOST:PORT"));
  EXPECT_THAT(FaultOf(":8443"), HasSubstr("has no host"));
  EXPECT_THAT(FaultOf("::1:8443"), HasSubstr("in brackets"));
}

}  // namespace
}  // namespace runcast::client
