#include "gateway/access/forwarded_client_cert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace runcast::access {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// What the proxy writes about a client that is `evil`.
constexpr absl::string_view kOfProxy =
    "By=spiffe://td/gateway;Hash=468ed33b;Subject=\"CN=evil\";URI=spiffe://td/evil";
constexpr absl::string_view kOfProxyWithoutSubject =
    "By=spiffe://td/gateway;Hash=468ed33b;URI=spiffe://td/evil";

TEST(ForwardedClientCertTest, ReadsOneCertificate) {
  const auto peer = ParseForwardedClientCert(
      "By=http://frontend.lyft.com;Hash=468ed33be74eee65;Subject=\"/C=US/ST=CA/L=San "
      "Francisco/OU=Lyft/CN=Test Client\";URI=http://testclient.lyft.com;DNS=lyft.com;"
      "DNS=www.lyft.com");

  ASSERT_TRUE(peer.has_value());
  EXPECT_THAT(peer->uris, ElementsAre("http://testclient.lyft.com"));
  EXPECT_THAT(peer->dns_names, ElementsAre("lyft.com", "www.lyft.com"));
  EXPECT_EQ(peer->subject, "/C=US/ST=CA/L=San Francisco/OU=Lyft/CN=Test Client");
}

TEST(ForwardedClientCertTest, BelievesTheLastElementOnly) {
  const auto peer = ParseForwardedClientCert(
      "By=http://frontend.lyft.com;Hash=468e;URI=http://testclient.lyft.com,"
      "By=http://backend.lyft.com;Hash=9ba6;URI=http://frontend.lyft.com");

  ASSERT_TRUE(peer.has_value());
  EXPECT_THAT(peer->uris, ElementsAre("http://frontend.lyft.com"));
}

TEST(ForwardedClientCertTest, WhatOtherElementsSayIsNotMixedIn) {
  const auto peer = ParseForwardedClientCert(
      "DNS=admin;Subject=\"CN=admin\";URI=spiffe://td/admin,Hash=1;DNS=me");

  ASSERT_TRUE(peer.has_value());
  EXPECT_THAT(peer->uris, IsEmpty());
  EXPECT_THAT(peer->dns_names, ElementsAre("me"));
  EXPECT_EQ(peer->subject, "");
}

TEST(ForwardedClientCertTest, KeysHaveNoCaseAndValuesDo) {
  const auto peer = ParseForwardedClientCert("uri=spiffe://TD/A;dNs=A.b;SUBJECT=\"CN=A\"");

  ASSERT_TRUE(peer.has_value());
  EXPECT_THAT(peer->uris, ElementsAre("spiffe://TD/A"));
  EXPECT_THAT(peer->dns_names, ElementsAre("A.b"));
  EXPECT_EQ(peer->subject, "CN=A");
}

TEST(ForwardedClientCertTest, QuotesHideSeparators) {
  const auto peer = ParseForwardedClientCert(
      "Subject=\"CN=a,O=b;URI=spiffe://td/admin\";URI=\"spiffe://td/a,b\"");

  ASSERT_TRUE(peer.has_value());
  EXPECT_THAT(peer->uris, ElementsAre("spiffe://td/a,b"));
  EXPECT_EQ(peer->subject, "CN=a,O=b;URI=spiffe://td/admin");
}

TEST(ForwardedClientCertTest, AQuoteInAValueIsEscaped) {
  const auto peer =
      ParseForwardedClientCert("Subject=\"CN=a\\\";URI=spiffe://td/admin,O=x\\\\\";DNS=me");

  ASSERT_TRUE(peer.has_value());
  EXPECT_EQ(peer->subject, "CN=a\";URI=spiffe://td/admin,O=x\\\\");
  EXPECT_THAT(peer->uris, IsEmpty());
  EXPECT_THAT(peer->dns_names, ElementsAre("me"));
}

TEST(ForwardedClientCertTest, EscapesOfTheSubjectItselfAreKept) {
  EXPECT_EQ(ParseForwardedClientCert("Subject=\"CN=Example\\, Inc.\"")->subject,
            "CN=Example\\, Inc.");
}

TEST(ForwardedClientCertTest, EqualsSignsInValuesAreFine) {
  EXPECT_THAT(ParseForwardedClientCert("URI=spiffe://td/a?x=y==")->uris,
              ElementsAre("spiffe://td/a?x=y=="));
}

TEST(ForwardedClientCertTest, ABlankBehindTheCommaIsFine) {
  EXPECT_THAT(ParseForwardedClientCert("URI=spiffe://td/b, URI=spiffe://td/a")->uris,
              ElementsAre("spiffe://td/a"));
}

TEST(ForwardedClientCertTest, UnknownKeysAreSkipped) {
  EXPECT_THAT(
      ParseForwardedClientCert("Cert=\"-----BEGIN%20CERT\";Chain=\"x,y\";New=1;DNS=a")->dns_names,
      ElementsAre("a"));
}

class NobodyTest : public testing::TestWithParam<std::string> {};

TEST_P(NobodyTest, IsBelieved) {
  EXPECT_FALSE(ParseForwardedClientCert(GetParam()).has_value()) << GetParam();
}

INSTANTIATE_TEST_SUITE_P(NamesNobody, NobodyTest,
                         testing::Values("Hash=468e",
                                         "By=spiffe://td/gw;Hash=1;URI=", "Subject=\"\";URI=;DNS=",
                                         // The last one counts, also when it names nobody.
                                         "URI=spiffe://td/admin,Hash=1;URI="));
INSTANTIATE_TEST_SUITE_P(Malformed, NobodyTest,
                         testing::Values("", " ", ",", ";", "=", "URI", "URI=a,", "URI=a;",
                                         ",URI=a", ";URI=a", "=a", "URI=a,,URI=b", "URI=a;;DNS=b",
                                         "URI=a;x", "URI=a;=b", "URI=a;\"DNS\"=b", "URI=\"a",
                                         "URI=\"", "URI=\"a\"b", "URI=\"a\" ;DNS=b", "URI=a\"b\"",
                                         "URI=a\"", "URI=\"a\\", "URI=\"a\\\"",
                                         "Subject=\"CN=a\";Subject=\"CN=b\"",
                                         "subject=\"\";SUBJECT=\"CN=b\"", "U\\RI=a"));
INSTANTIATE_TEST_SUITE_P(
    // The client sends the beginning; the proxy appends a comma and its own element.
    MaliciousBeginning, NobodyTest,
    testing::Values(absl::StrCat("URI=spiffe://td/admin;Subject=\",", kOfProxy),
                    absl::StrCat("URI=spiffe://td/admin;Subject=\"\\,", kOfProxy),
                    absl::StrCat("URI=spiffe://td/admin;By=\",", kOfProxyWithoutSubject),
                    absl::StrCat("URI=spiffe://td/admin;By=\"\\,", kOfProxyWithoutSubject),
                    absl::StrCat("URI=spiffe://td/admin\",", kOfProxy),
                    absl::StrCat("\",", kOfProxy), absl::StrCat("x,", kOfProxy),
                    absl::StrCat(",", kOfProxy),
                    // Its own subject holds a quote, escaped as the proxy writes it.
                    "URI=spiffe://td/admin;By=\",By=x;Subject=\"CN=\\\";DNS=admin;x=\\\"\";URI=e",
                    // Its own subject is empty.
                    "URI=spiffe://td/admin;By=\",By=x;Subject=\"\";URI=spiffe://td/evil"));

TEST(ForwardedClientCertTest, AHarmlessBeginningChangesNothing) {
  for (absl::string_view beginning : {"URI=spiffe://td/admin", "URI=\"spiffe://td/admin\"",
                                      "a=b;c=\"d\"", "x=\\", "x=\"\\\\\""}) {
    const auto peer = ParseForwardedClientCert(absl::StrCat(beginning, ",", kOfProxy));
    ASSERT_TRUE(peer.has_value()) << beginning;
    EXPECT_THAT(peer->uris, ElementsAre("spiffe://td/evil"));
    EXPECT_EQ(peer->subject, "CN=evil");
  }
}

// Whatever a client puts in front, it is `evil` or nobody. The letters are those with a meaning.
TEST(ForwardedClientCertTest, NoBeginningMakesSomebodyElse) {
  std::mt19937 random(4711);
  const std::vector<std::string> pieces = {"URI=spiffe://td/admin",
                                           "DNS=admin",
                                           "Subject=",
                                           "\"",
                                           "\\",
                                           ",",
                                           ";",
                                           "=",
                                           " ",
                                           "By=",
                                           "x",
                                           "\\\""};
  for (int i = 0; i < 200'000; ++i) {
    std::string beginning;
    for (unsigned length = random() % 8; length > 0; --length) {
      beginning += pieces[random() % pieces.size()];
    }
    for (const absl::string_view own : {kOfProxy, kOfProxyWithoutSubject}) {
      const std::string header = absl::StrCat(beginning, ",", own);
      const auto peer = ParseForwardedClientCert(header);
      if (!peer.has_value()) continue;
      ASSERT_THAT(peer->uris, ElementsAre("spiffe://td/evil")) << header;
      ASSERT_THAT(peer->dns_names, IsEmpty()) << header;
      ASSERT_FALSE(absl::StrContains(peer->subject, "admin")) << header;
    }
  }
}

}  // namespace
}  // namespace runcast::access
