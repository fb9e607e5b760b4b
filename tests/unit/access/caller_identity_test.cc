#include "gateway/access/caller_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/access/fake_headers.h"

namespace runcast::access {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr absl::string_view kFromAfar = "ipv4:10.0.0.7:5432";
constexpr absl::string_view kFromSidecar = "ipv4:127.0.0.1:5432";

TlsPeer Certificate() {
  return {.uris = {"spiffe://td/a"}, .dns_names = {"a.example"}, .subject = "CN=a,O=Example"};
}

TEST(CallerIdentityTest, WithoutProofTheAddressIsTheName) {
  const CallerIdentity identity({});

  EXPECT_EQ(identity.Identify({.peer = kFromAfar}).name, "10.0.0.7");
  EXPECT_THAT(identity.Identify({.peer = kFromAfar}).principals, IsEmpty());
  EXPECT_EQ(identity.Identify({.peer = "ipv6:%5B2001:db8::5%5D:1"}).name, "2001:db8::5");
}

TEST(CallerIdentityTest, PrincipalsAreUrisThenDnsNamesThenTheSubject) {
  const Caller caller =
      CallerIdentity({}).Identify({.peer = kFromAfar, .certificate = Certificate()});

  EXPECT_EQ(caller.name, "spiffe://td/a");
  EXPECT_THAT(caller.principals, ElementsAre("spiffe://td/a", "a.example", "CN=a,O=Example"));
}

TEST(CallerIdentityTest, TheFirstPrincipalThereIsNamesTheCaller) {
  const CallerIdentity identity({});

  EXPECT_EQ(identity.Identify({.peer = kFromAfar, .certificate = {{}, {"b"}, "CN=a"}}).name, "b");
  EXPECT_EQ(identity.Identify({.peer = kFromAfar, .certificate = {{}, {}, "CN=a"}}).name, "CN=a");
}

TEST(CallerIdentityTest, NamesThatCannotBeWhatTheyClaimAreDropped) {
  const Caller caller = CallerIdentity({}).Identify(
      {.peer = kFromAfar,
       .certificate = {.uris = {"", "no scheme", ":x", "1a:b", "spiffe://td/a b",
                                "spiffe://td/a\nb", "spiffe://td/\xC3\xA9",
                                std::string("spiffe://td/a\0", 14), "a:" + std::string(2047, 'x')},
                       .dns_names = {"", "spiffe://td/admin", "a b", "a,b",
                                     std::string("a\0.evil", 7), std::string(254, 'a')},
                       .subject = "spiffe://td/admin"}});

  EXPECT_THAT(caller.principals, IsEmpty());
  EXPECT_EQ(caller.name, "10.0.0.7");
}

TEST(CallerIdentityTest, ASubjectNeverPassesForAUriOrDnsName) {
  const CallerIdentity identity({});
  for (const char* subject :
       {"spiffe://td/admin", "admin.example", "spiffe://td/admin?CN=a", "=a", "", "CN=a\nb"}) {
    EXPECT_THAT(identity.Identify({.peer = kFromAfar, .certificate = {{}, {}, subject}}).principals,
                IsEmpty())
        << subject;
  }
  EXPECT_THAT(
      identity.Identify({.peer = kFromAfar, .certificate = {{}, {}, "CN=spiffe://td/admin"}})
          .principals,
      ElementsAre("CN=spiffe://td/admin"));
}

TEST(CallerIdentityTest, ACertificateCannotBringAnyNumberOfNames) {
  const Caller caller = CallerIdentity({}).Identify(
      {.peer = kFromAfar,
       .certificate = {
           .uris = std::vector<std::string>(1000, "a:b"), .dns_names = {}, .subject = ""}});

  EXPECT_EQ(caller.principals.size(), 32u);
}

TEST(CallerIdentityTest, ACallerSaysWhetherNamesWereLeftOut) {
  const auto names_left_out = [](TlsPeer certificate) {
    return CallerIdentity({})
        .Identify({.peer = kFromAfar, .certificate = std::move(certificate)})
        .names_left_out;
  };
  const std::vector<std::string> most(32, "spiffe://td/a");

  EXPECT_FALSE(names_left_out(Certificate()));
  EXPECT_FALSE(names_left_out({most, {"no name of a host"}, ""}));
  EXPECT_TRUE(names_left_out({most, {}, "CN=sandbox"}));
  EXPECT_TRUE(names_left_out({most, {"sandbox.example"}, ""}));
  EXPECT_TRUE(names_left_out({{"spiffe://td/" + std::string(2048, 'x')}, {}, "CN=a"}));
  EXPECT_TRUE(names_left_out({{}, {std::string(254, 'a')}, "CN=a"}));
  EXPECT_TRUE(names_left_out({{}, {"a.example"}, "CN=sandbox,O=" + std::string(1024, 'x')}));
}

TEST(CallerIdentityTest, ByDefaultNoHeaderIsBelieved) {
  const FakeHeaders headers{{"x-forwarded-client-cert", "URI=spiffe://td/admin"},
                            {"l5d-client-id", "admin.ns.serviceaccount.identity"}};

  EXPECT_THAT(CallerIdentity({}).Identify({.peer = kFromSidecar, .headers = &headers}).principals,
              IsEmpty());
}

class TrustedHeaderTest : public testing::Test {
 protected:
  const CallerIdentity envoy_{{.trusted_header = TrustedHeader::kForwardedClientCert}};
  const CallerIdentity linkerd_{{.trusted_header = TrustedHeader::kLinkerdClientId}};
};

TEST_F(TrustedHeaderTest, TheSidecarIsBelieved) {
  const FakeHeaders headers{
      {"x-forwarded-client-cert", "By=spiffe://td/gw;Hash=1;Subject=\"CN=b\";URI=spiffe://td/b"}};

  const Caller caller = envoy_.Identify({.peer = kFromSidecar, .headers = &headers});

  EXPECT_EQ(caller.name, "spiffe://td/b");
  EXPECT_THAT(caller.principals, ElementsAre("spiffe://td/b", "CN=b"));
}

TEST_F(TrustedHeaderTest, AHeaderFromAnUntrustedPeerIsIgnored) {
  const FakeHeaders headers{{"x-forwarded-client-cert", "URI=spiffe://td/admin"},
                            {"l5d-client-id", "admin.ns.serviceaccount.identity"}};

  for (absl::string_view peer :
       {kFromAfar, absl::string_view("ipv4:128.0.0.1:1"),
        absl::string_view("ipv6:%5B2001:db8::1%5D:1"), absl::string_view("unix:/run/a"),
        absl::string_view("127.0.0.1:1"), absl::string_view("")}) {
    EXPECT_THAT(envoy_.Identify({.peer = peer, .headers = &headers}).principals, IsEmpty()) << peer;
    EXPECT_THAT(linkerd_.Identify({.peer = peer, .headers = &headers}).principals, IsEmpty())
        << peer;
  }
}

TEST_F(TrustedHeaderTest, AnUntrustedPeerKeepsItsOwnCertificate) {
  const FakeHeaders headers{{"x-forwarded-client-cert", "URI=spiffe://td/admin"}};

  EXPECT_EQ(
      envoy_.Identify({.peer = kFromAfar, .certificate = Certificate(), .headers = &headers}).name,
      "spiffe://td/a");
}

TEST_F(TrustedHeaderTest, LoopbackIsTrustedInBothFamilies) {
  const FakeHeaders headers{{"x-forwarded-client-cert", "URI=spiffe://td/b"}};

  for (absl::string_view peer :
       {"ipv4:127.0.0.9:1", "ipv6:%5B::1%5D:1", "ipv6:[::1]:1", "ipv6:%5B::ffff:127.0.0.1%5D:1"}) {
    EXPECT_EQ(envoy_.Identify({.peer = peer, .headers = &headers}).name, "spiffe://td/b") << peer;
  }
}

TEST_F(TrustedHeaderTest, TheTrustedProxiesAreThoseConfigured) {
  const CallerIdentity identity({.trusted_header = TrustedHeader::kForwardedClientCert,
                                 .trusted_proxies = {*base::IpRange::Parse("10.0.0.0/24")}});
  const FakeHeaders headers{{"x-forwarded-client-cert", "URI=spiffe://td/b"}};

  EXPECT_EQ(identity.Identify({.peer = kFromAfar, .headers = &headers}).name, "spiffe://td/b");
  EXPECT_EQ(identity.Identify({.peer = kFromSidecar, .headers = &headers}).name, "127.0.0.1");
}

// Linkerd's proxy connects from the pod's address to the pod's address.
TEST_F(TrustedHeaderTest, WhoConnectsFromAnAddressOfThisMachineIsTrustedIfAsked) {
  const auto is_pod = [](const base::IpAddress& address) {
    return address == *base::IpAddress::Parse("10.0.0.7");
  };
  const CallerIdentity identity(
      {.trusted_header = TrustedHeader::kLinkerdClientId, .is_own_address = is_pod});
  const FakeHeaders headers{{"l5d-client-id", "b.ns"}};

  EXPECT_EQ(identity.Identify({.peer = kFromAfar, .headers = &headers}).name, "b.ns");
  EXPECT_EQ(identity.Identify({.peer = kFromSidecar, .headers = &headers}).name, "b.ns");
  EXPECT_EQ(identity.Identify({.peer = "ipv6:%5B::ffff:10.0.0.7%5D:1", .headers = &headers}).name,
            "b.ns");
  EXPECT_EQ(identity.Identify({.peer = "ipv4:10.0.0.8:1", .headers = &headers}).name, "10.0.0.8");
  EXPECT_EQ(linkerd_.Identify({.peer = kFromAfar, .headers = &headers}).name, "10.0.0.7");
}

// Everybody would be the proxy.
TEST_F(TrustedHeaderTest, TheProxysOwnCertificateNeverStandsForItsClient) {
  const FakeHeaders none{};
  const FakeHeaders malformed{{"x-forwarded-client-cert", "URI=\"x"}};
  const FakeHeaders nobody{{"x-forwarded-client-cert", "Hash=1;URI="}};

  for (const FakeHeaders* headers : {&none, &malformed, &nobody}) {
    const Caller caller =
        envoy_.Identify({.peer = kFromSidecar, .certificate = Certificate(), .headers = headers});
    EXPECT_THAT(caller.principals, IsEmpty());
    EXPECT_EQ(caller.name, "127.0.0.1");
  }
  EXPECT_THAT(envoy_.Identify({.peer = kFromSidecar, .certificate = Certificate()}).principals,
              IsEmpty());
}

TEST_F(TrustedHeaderTest, AHeaderThatIsThereTwiceProvesNothing) {
  const FakeHeaders forwarded{{"x-forwarded-client-cert", "URI=spiffe://td/admin"},
                              {"x-forwarded-client-cert", "URI=spiffe://td/b"}};
  const FakeHeaders linkerd{{"l5d-client-id", "admin.ns"}, {"l5d-client-id", "b.ns"}};

  EXPECT_THAT(envoy_.Identify({.peer = kFromSidecar, .headers = &forwarded}).principals, IsEmpty());
  EXPECT_THAT(linkerd_.Identify({.peer = kFromSidecar, .headers = &linkerd}).principals, IsEmpty());
}

TEST_F(TrustedHeaderTest, AForwardedNameThatIsTooLongIsSaidToBeLeftOut) {
  const FakeHeaders headers{
      {"x-forwarded-client-cert",
       "Subject=\"CN=sandbox,O=" + std::string(1024, 'x') + "\";DNS=a.example"}};

  const Caller caller = envoy_.Identify({.peer = kFromSidecar, .headers = &headers});

  EXPECT_THAT(caller.principals, ElementsAre("a.example"));
  EXPECT_TRUE(caller.names_left_out);
}

TEST_F(TrustedHeaderTest, OnlyTheConfiguredHeaderCounts) {
  const FakeHeaders both{{"x-forwarded-client-cert", "URI=spiffe://td/b"},
                         {"l5d-client-id", "c.ns"}};
  const FakeHeaders other{{"l5d-client-id", "c.ns"}};

  EXPECT_THAT(envoy_.Identify({.peer = kFromSidecar, .headers = &both}).principals,
              ElementsAre("spiffe://td/b"));
  EXPECT_THAT(linkerd_.Identify({.peer = kFromSidecar, .headers = &both}).principals,
              ElementsAre("c.ns"));
  EXPECT_THAT(envoy_.Identify({.peer = kFromSidecar, .headers = &other}).principals, IsEmpty());
}

TEST_F(TrustedHeaderTest, LinkerdWritesNamesOrUris) {
  const auto principals = [&](std::string value) {
    const FakeHeaders headers{{"l5d-client-id", std::move(value)}};
    return linkerd_.Identify({.peer = kFromSidecar, .headers = &headers}).principals;
  };

  EXPECT_THAT(principals("b.ns.serviceaccount.identity.linkerd.cluster.local"),
              ElementsAre("b.ns.serviceaccount.identity.linkerd.cluster.local"));
  EXPECT_THAT(principals("spiffe://td/b"), ElementsAre("spiffe://td/b"));
  for (const char* value : {"", " ", "a,b", "a b", "CN=admin", "spiffe://td/a b", ",", "a;b"}) {
    EXPECT_THAT(principals(value), IsEmpty()) << value;
  }
}

TEST_F(TrustedHeaderTest, ForwardedNamesAreCheckedLikeThoseOfACertificate) {
  const FakeHeaders headers{
      {"x-forwarded-client-cert",
       "URI=\"no uri\";DNS=spiffe://td/admin;DNS=good.example;Subject=\"spiffe://td/admin\""}};

  EXPECT_THAT(envoy_.Identify({.peer = kFromSidecar, .headers = &headers}).principals,
              ElementsAre("good.example"));
}

}  // namespace
}  // namespace runcast::access
