// The server's certificate decides; nothing is sent to a server whose certificate is not good.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gateway/http/curl_client.h"
#include "tests/unit/http/fetcher.h"
#include "tests/unit/http/test_certificates.h"
#include "tests/unit/http/test_server.h"

namespace runcast::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr long kOneHour = 3600;

class CurlClientTlsTest : public testing::Test {
 protected:
  CurlClientTlsTest() : ca_file_(absl::StrCat(testing::TempDir(), "/ca_", getpid(), ".pem")) {
    std::ofstream(ca_file_) << authority_.pem();
  }
  ~CurlClientTlsTest() override { unlink(ca_file_.c_str()); }

  CurlClient::Options Trusting() const {
    CurlClient::Options options;
    options.ca_file = ca_file_;
    return options;
  }

  static TestServer::Tls TlsOf(const TestAuthority::Leaf& leaf) {
    return {leaf.certificate_pem, leaf.key_pem};
  }
  static void AnswerAll(TestConnection& connection) { connection.AnswerAll("{}"); }

  const TestAuthority authority_;
  const std::string ca_file_;
};

TEST_F(CurlClientTlsTest, AGoodCertificateIsAcceptedAndTheConnectionKept) {
  TestServer server(AnswerAll, TlsOf(authority_.Issue("IP:127.0.0.1", kOneHour)));
  Fetcher fetcher(Trusting());

  for (int i = 0; i < 3; ++i) {
    const Fetched fetched = fetcher.Fetch(server.Url("/"));
    ASSERT_TRUE(fetched.response.ok()) << fetched.response.status();
    EXPECT_THAT(fetched.sends, ElementsAre(1));
  }

  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlClientTlsTest, AnUnknownAuthorityIsRefused) {
  const TestAuthority stranger("Another Authority");
  TestServer server(AnswerAll, TlsOf(stranger.Issue("IP:127.0.0.1", kOneHour)));
  Fetcher fetcher(Trusting());

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  EXPECT_TRUE(absl::IsFailedPrecondition(fetched.response.status())) << fetched.response.status();
  EXPECT_THAT(fetched.sends, IsEmpty());
}

TEST_F(CurlClientTlsTest, AnotherKeyUnderTheNameOfATrustedAuthorityIsRefused) {
  const TestAuthority impostor;
  TestServer server(AnswerAll, TlsOf(impostor.Issue("IP:127.0.0.1", kOneHour)));
  Fetcher fetcher(Trusting());

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  EXPECT_TRUE(absl::IsFailedPrecondition(fetched.response.status())) << fetched.response.status();
  EXPECT_THAT(fetched.sends, IsEmpty());
}

TEST_F(CurlClientTlsTest, WithoutACaFileTheSystemsAuthoritiesDecide) {
  TestServer server(AnswerAll, TlsOf(authority_.Issue("IP:127.0.0.1", kOneHour)));
  Fetcher fetcher(CurlClient::Options{});

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  EXPECT_TRUE(absl::IsFailedPrecondition(fetched.response.status())) << fetched.response.status();
}

TEST_F(CurlClientTlsTest, AnotherHostsCertificateIsRefused) {
  TestServer server(AnswerAll, TlsOf(authority_.Issue("DNS:other.test", kOneHour)));
  Fetcher fetcher(Trusting());

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  EXPECT_TRUE(absl::IsFailedPrecondition(fetched.response.status())) << fetched.response.status();
  EXPECT_THAT(fetched.sends, IsEmpty());
}

TEST_F(CurlClientTlsTest, AnExpiredCertificateIsRefused) {
  TestServer server(AnswerAll, TlsOf(authority_.Issue("IP:127.0.0.1", -kOneHour)));
  Fetcher fetcher(Trusting());

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  EXPECT_TRUE(absl::IsFailedPrecondition(fetched.response.status())) << fetched.response.status();
  EXPECT_THAT(fetched.sends, IsEmpty());
}

TEST_F(CurlClientTlsTest, APinnedKeyIsAskedForBesideAGoodCertificate) {
  const TestAuthority::Leaf leaf = authority_.Issue("IP:127.0.0.1", kOneHour);
  const std::string other_pin = authority_.Issue("IP:127.0.0.1", kOneHour).pin;
  TestServer server(AnswerAll, TlsOf(leaf));
  const auto fetch = [&](const std::string& pins, bool trusting) {
    CurlClient::Options options = trusting ? Trusting() : CurlClient::Options();
    options.pinned_keys = pins;
    return Fetcher(options).Fetch(server.Url("/"));
  };

  EXPECT_TRUE(fetch(leaf.pin, true).response.ok());
  EXPECT_TRUE(fetch(absl::StrCat(other_pin, ";", leaf.pin), true).response.ok());
  const Fetched wrong = fetch(other_pin, true);
  EXPECT_TRUE(absl::IsFailedPrecondition(wrong.response.status())) << wrong.response.status();
  EXPECT_THAT(wrong.sends, IsEmpty());
  EXPECT_TRUE(absl::IsFailedPrecondition(fetch(leaf.pin, false).response.status()))
      << "a pin does not make up for an unknown authority";
}

TEST_F(CurlClientTlsTest, AMissingCaFileIsRefusedRatherThanIgnored) {
  TestServer server(AnswerAll, TlsOf(authority_.Issue("IP:127.0.0.1", kOneHour)));
  CurlClient::Options options;
  options.ca_file = ca_file_ + ".missing";
  Fetcher fetcher(options);

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  EXPECT_TRUE(absl::IsFailedPrecondition(fetched.response.status())) << fetched.response.status();
}

TEST_F(CurlClientTlsTest, APlainAnswerOnATlsPortIsUnavailable) {
  TestServer server(
      [](TestConnection& connection) { connection.Write("HTTP/1.1 200 OK\r\n\r\n"); });
  Fetcher fetcher(Trusting());

  const Fetched fetched = fetcher.Fetch(absl::StrCat("https://127.0.0.1:", server.port(), "/"));

  EXPECT_TRUE(absl::IsUnavailable(fetched.response.status())) << fetched.response.status();
  EXPECT_THAT(fetched.sends, IsEmpty());
}

}  // namespace
}  // namespace runcast::http
