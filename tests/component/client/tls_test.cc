// TLS between client and gateway.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tests/component/client/client_fixture.h"
#include "tests/component/client/scripted_gateway.h"
#include "tests/component/client/watch_record.h"
#include "tests/component/rpc/test_certificates.h"
#include "tests/fakes/temp_directory.h"

namespace runcast::tests {
namespace {

using client::ClientOptions;
using client::TlsOptions;
using rpc::TestCertificate;
using State = client::ConnectionNews::State;

grpc::Status Complete(ScriptedGateway::WatchCall& call) {
  call.Send(Completed(7, 1), "a");
  return grpc::Status::OK;
}

grpc::Status Answer(grpc::ServerContext&, const v1::GetStatusRequest&,
                    v1::GetStatusResponse* response) {
  *response->mutable_status() = Running(7, 1, 10);
  return grpc::Status::OK;
}

// An authority that signed for a gateway and a caller, and their files.
class TlsTest : public ::testing::Test {
 protected:
  static std::shared_ptr<grpc::ServerCredentials> CredentialsBy(const TestCertificate& authority,
                                                                const std::string& names,
                                                                bool ask_for_client) {
    const TestCertificate certificate("gateway", names, &authority);
    grpc::SslServerCredentialsOptions options(
        ask_for_client ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                       : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
    options.pem_root_certs = authority.CertificatePem();
    options.pem_key_cert_pairs.push_back({certificate.KeyPem(), certificate.CertificatePem()});
    return grpc::SslServerCredentials(options);
  }

  ScriptedGateway::Options GatewayBy(const TestCertificate& authority, bool ask_for_client = false,
                                     const std::string& names = "IP:127.0.0.1") {
    return {.watch = Complete,
            .get = Answer,
            .credentials = CredentialsBy(authority, names, ask_for_client)};
  }

  absl::Status Get(const ScriptedGateway& gateway, std::optional<TlsOptions> tls) {
    ClientOptions options = OptionsFor(gateway);
    options.tls = std::move(tls);
    options.call_timeout = absl::Seconds(10);
    return MakeClient(options)->GetStatus(TestRun()).status();
  }

  const fakes::TempDirectory files_;
  const TestCertificate authority_{"authority", "", nullptr};
  const std::string ca_file_ = files_.Write("ca.pem", authority_.CertificatePem());
};

TEST_F(TlsTest, TrustsTheAuthorityOfItsFile) {
  const ScriptedGateway gateway(GatewayBy(authority_));

  EXPECT_EQ(Get(gateway, TlsOptions{.ca_file = ca_file_}), absl::OkStatus());
}

TEST_F(TlsTest, TrustsNobodyElse) {
  const TestCertificate stranger("stranger", "", nullptr);
  const ScriptedGateway gateway(GatewayBy(stranger));

  EXPECT_TRUE(absl::IsUnavailable(Get(gateway, TlsOptions{.ca_file = ca_file_})));
}

TEST_F(TlsTest, NeverFallsBackToPlaintext) {
  const ScriptedGateway plaintext({.get = Answer});

  EXPECT_TRUE(absl::IsUnavailable(Get(plaintext, TlsOptions{.ca_file = ca_file_})));
  EXPECT_EQ(plaintext.get_calls(), 0);
}

TEST_F(TlsTest, ExpectsTheNameItIsTold) {
  const ScriptedGateway gateway(GatewayBy(authority_, false, "DNS:gateway.test"));

  EXPECT_TRUE(absl::IsUnavailable(Get(gateway, TlsOptions{.ca_file = ca_file_})));
  EXPECT_EQ(Get(gateway, TlsOptions{.ca_file = ca_file_, .server_name = "gateway.test"}),
            absl::OkStatus());
}

TEST_F(TlsTest, ProvesItselfWithItsCertificate) {
  const TestCertificate caller("caller", "DNS:caller", &authority_);
  const ScriptedGateway gateway(GatewayBy(authority_, true));

  EXPECT_EQ(Get(gateway,
                TlsOptions{.ca_file = ca_file_,
                           .certificate_file = files_.Write("caller.pem", caller.CertificatePem()),
                           .key_file = files_.Write("caller.key", caller.KeyPem())}),
            absl::OkStatus());
  EXPECT_TRUE(absl::IsUnavailable(Get(gateway, TlsOptions{.ca_file = ca_file_})));
}

TEST_F(TlsTest, ReadsRenewedFilesForANewChannel) {
  const TestCertificate next_authority("next", "", nullptr);
  ScriptedGateway gateway(GatewayBy(next_authority));
  ClientOptions options = OptionsFor(gateway);
  options.tls = TlsOptions{.ca_file = ca_file_};
  const auto client = MakeClient(options);
  WatchRecord record;
  const client::WatchHandle watch = client->Watch(TestRun(), record.Callbacks());
  ASSERT_TRUE(record.WaitForConnection(State::kWaiting));

  files_.Replace("ca.pem", next_authority.CertificatePem());

  ASSERT_TRUE(record.WaitForEnd());
  EXPECT_EQ(record.ends()[0], absl::OkStatus());
}

TEST_F(TlsTest, KeepsTheLastGoodFilesWhenNewOnesAreBroken) {
  auto first = std::make_unique<ScriptedGateway>(GatewayBy(authority_));
  ClientOptions options = OptionsFor(*first);
  options.tls = TlsOptions{.ca_file = ca_file_};
  options.failures_before_new_channel = 1;
  const auto client = MakeClient(options);
  ASSERT_TRUE(client->GetStatus(TestRun()).ok());
  const ScriptedGateway::Place place = first->place();
  first.reset();
  files_.Write("ca.pem", "half a file");
  ASSERT_TRUE(absl::IsUnavailable(client->GetStatus(TestRun()).status()));

  ScriptedGateway::Options again = GatewayBy(authority_);
  again.place = place;
  const ScriptedGateway second(again);
  WatchRecord record;
  const client::WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  EXPECT_EQ(record.ends()[0], absl::OkStatus());
}

}  // namespace
}  // namespace runcast::tests
