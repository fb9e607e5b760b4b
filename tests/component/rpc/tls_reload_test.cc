// Certificates and authorities that change while the server runs.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/component/rpc/rpc_fixture.h"
#include "tests/component/rpc/test_certificates.h"
#include "tests/fakes/temp_directory.h"

namespace runcast::rpc {
namespace {

constexpr char kServed[] = "DNS:localhost,IP:127.0.0.1";

class TlsReloadTest : public RpcTest {
 protected:
  void StartWith(const TestCertificate& certificate) {
    options_.tls.certificate_chain = files_.Write("tls.crt", certificate.CertificatePem());
    options_.tls.private_key = files_.Write("tls.key", certificate.KeyPem());
    StartServer();
    runs::ReadAnswer answer;
    answer.snapshot = Frozen(Running(1, 1));
    hub_.AnswerReadsWith(answer);
  }
  void Put(const std::string& certificate, const std::string& key) {
    files_.Replace("tls.crt", certificate);
    files_.Replace("tls.key", key);
  }

  // Over a connection of its own, trusting one authority only.
  std::unique_ptr<v1::RunStatusService::Stub> NewStub(const TestCertificate& trusted,
                                                      const TestCertificate* own = nullptr) const {
    grpc::SslCredentialsOptions ssl;
    ssl.pem_root_certs = trusted.CertificatePem();
    if (own != nullptr) {
      ssl.pem_cert_chain = own->CertificatePem();
      ssl.pem_private_key = own->KeyPem();
    }
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return v1::RunStatusService::NewStub(grpc::CreateCustomChannel(
        absl::StrCat("127.0.0.1:", server_->port()), grpc::SslCredentials(ssl), arguments));
  }
  static bool CanRead(v1::RunStatusService::Stub& stub) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(15));
    v1::GetStatusResponse response;
    return stub.GetStatus(&context, StatusRequest(), &response).ok();
  }
  bool GetsIn(const TestCertificate& trusted, const TestCertificate* own = nullptr) const {
    return CanRead(*NewStub(trusted, own));
  }
  bool WaitForRefusals(double count) const {
    return WaitUntil([&] { return Metric("runcast_certificate_refusals_total") == count; });
  }

  const fakes::TempDirectory files_;
  const TestCertificate old_authority_{"Old authority", "", nullptr};
  const TestCertificate new_authority_{"New authority", "", nullptr};
  const TestCertificate old_{"old", kServed, &old_authority_};
  const TestCertificate new_{"new", kServed, &new_authority_};
};

TEST_F(TlsReloadTest, NewConnectionsGetTheNewCertificateAndOpenStreamsGoOn) {
  StartWith(old_);
  hub_.AnswerFollowsWith(Key(), runs::Admitted{Frozen(Running(1, 1))});
  const auto stub = NewStub(old_authority_);
  Watch watch(*stub, WatchRequest());
  ASSERT_EQ(watch.NextSequence(), 1);

  Put(new_.CertificatePem(), new_.KeyPem());

  EXPECT_TRUE(WaitUntil([&] { return GetsIn(new_authority_); }));
  EXPECT_FALSE(GetsIn(old_authority_));
  hub_.Say(Key(), runs::Published{Frozen(Running(2, 2))});
  EXPECT_EQ(watch.NextSequence(), 2);
  EXPECT_TRUE(CanRead(*stub)) << "the connection stands";
  EXPECT_EQ(Metric("runcast_certificate_loads_total"), 2);
  EXPECT_EQ(Metric("runcast_certificate_refusals_total"), 0);
}

TEST_F(TlsReloadTest, ASwappedSymbolicLinkIsAChange) {
  const auto write_version = [&](const std::string& version, const TestCertificate& certificate) {
    std::filesystem::create_directory(files_.Path(version));
    files_.Write(version + "/tls.key", certificate.KeyPem());
    files_.WriteAsKubelet("tls.crt", version, certificate.CertificatePem());
  };
  write_version("..1", old_);
  std::filesystem::create_symlink("..data/tls.key", files_.Path("tls.key"));
  options_.tls.certificate_chain = files_.Path("tls.crt");
  options_.tls.private_key = files_.Path("tls.key");
  StartServer();
  runs::ReadAnswer answer;
  answer.snapshot = Frozen(Running(1, 1));
  hub_.AnswerReadsWith(answer);
  ASSERT_TRUE(GetsIn(old_authority_));

  write_version("..2", new_);

  EXPECT_TRUE(WaitUntil([&] { return GetsIn(new_authority_); }));
  EXPECT_EQ(Metric("runcast_certificate_refusals_total"), 0);
}

TEST_F(TlsReloadTest, WhatCannotBeServedIsRefusedAndTheOldOneStays) {
  const TestCertificate expired("expired", kServed, &new_authority_, -10);
  StartWith(old_);
  struct Case {
    const char* what;
    std::string certificate;
    std::string key;
  };
  const Case cases[] = {
      {"another's key", new_.CertificatePem(), old_.KeyPem()},
      {"half a certificate", new_.CertificatePem().substr(0, 200), new_.KeyPem()},
      {"half a key", new_.CertificatePem(), new_.KeyPem().substr(0, 100)},
      {"a broken second certificate",
       new_.CertificatePem() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
       new_.KeyPem()},
      {"no certificate", "", new_.KeyPem()},
      {"an expired one", expired.CertificatePem(), expired.KeyPem()},
  };
  double refusals = 0;
  for (const Case& each : cases) {
    Put(each.certificate, each.key);

    EXPECT_TRUE(WaitForRefusals(++refusals)) << each.what;
    EXPECT_TRUE(GetsIn(old_authority_)) << each.what;
    EXPECT_FALSE(GetsIn(new_authority_)) << each.what;
    // What is wrong now must not be taken for what was wrong before.
    const double loads = Metric("runcast_certificate_loads_total");
    const TestCertificate next("next", kServed, &old_authority_);
    Put(next.CertificatePem(), next.KeyPem());
    EXPECT_TRUE(WaitUntil([&] { return Metric("runcast_certificate_loads_total") > loads; }));
  }

  Put(new_.CertificatePem(), new_.KeyPem());
  EXPECT_TRUE(WaitUntil([&] { return GetsIn(new_authority_); }));
}

TEST_F(TlsReloadTest, AFileThatIsGoneIsRefusedOnceAndTheOldOneStays) {
  StartWith(old_);

  files_.Remove("tls.crt");

  EXPECT_TRUE(WaitForRefusals(1));
  EXPECT_TRUE(GetsIn(old_authority_));
}

TEST_F(TlsReloadTest, WhoseAuthorityIsRemovedGetsInNoMore) {
  const TestCertificate old_caller("caller", "URI:spiffe://example.org/old", &old_authority_);
  const TestCertificate new_caller("caller", "URI:spiffe://example.org/new", &new_authority_);
  options_.tls.client_authorities = files_.Write("ca.crt", old_authority_.CertificatePem());
  StartWith(old_);
  ASSERT_TRUE(GetsIn(old_authority_, &old_caller));
  ASSERT_FALSE(GetsIn(old_authority_, &new_caller));

  files_.Replace("ca.crt", old_authority_.CertificatePem() + new_authority_.CertificatePem());
  EXPECT_TRUE(WaitUntil([&] { return GetsIn(old_authority_, &new_caller); }));
  EXPECT_TRUE(GetsIn(old_authority_, &old_caller));

  files_.Replace("ca.crt", new_authority_.CertificatePem());
  EXPECT_TRUE(WaitUntil([&] { return !GetsIn(old_authority_, &old_caller); }));
  EXPECT_TRUE(GetsIn(old_authority_, &new_caller));

  files_.Replace("ca.crt", "nothing of use");
  EXPECT_TRUE(WaitForRefusals(1));
  EXPECT_TRUE(GetsIn(old_authority_, &new_caller));
  EXPECT_FALSE(GetsIn(old_authority_, &old_caller)) << "and no authority at all would be worse";
}

// Whether the server closes a connection that says nothing, within the limit of all waits.
bool IsClosedBySilence(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bool closed = false;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    pollfd watched{fd, POLLIN, 0};
    char bytes[256];
    while (::poll(&watched, 1, static_cast<int>(absl::ToInt64Milliseconds(kWaitLimit))) == 1) {
      if (::read(fd, bytes, sizeof(bytes)) > 0) continue;
      closed = true;
      break;
    }
  }
  ::close(fd);
  return closed;
}

TEST_F(TlsReloadTest, AHandshakeThatDoesNotComeIsNotWaitedForWithTls) {
  options_.handshake_timeout = absl::Milliseconds(300);
  StartWith(old_);

  EXPECT_TRUE(IsClosedBySilence(server_->port()));
}

TEST_F(TlsReloadTest, AHandshakeThatDoesNotComeIsNotWaitedForInPlaintext) {
  options_.handshake_timeout = absl::Milliseconds(300);
  StartServer();

  EXPECT_TRUE(IsClosedBySilence(server_->port()));
}

}  // namespace
}  // namespace runcast::rpc
