// TLS, client certificates, and who a caller is.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/component/rpc/rpc_fixture.h"
#include "tests/component/rpc/test_certificates.h"
#include "tests/fakes/temp_directory.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;

class TlsTest : public RpcTest {
 protected:
  TlsTest()
      : authority_("Test authority", "", nullptr),
        server_certificate_("server", "DNS:localhost,IP:127.0.0.1", &authority_) {
    options_.tls.certificate_chain =
        directory_.Write("server.pem", server_certificate_.CertificatePem());
    options_.tls.private_key = directory_.Write("server.key", server_certificate_.KeyPem());
  }

  // The caller that the hub is told when somebody calls with this certificate; empty when the
  // call fails.
  std::string CallerWith(const TestCertificate* certificate, const std::string& header = "",
                         const std::string& value = "") {
    grpc::SslCredentialsOptions ssl;
    ssl.pem_root_certs = authority_.CertificatePem();
    if (certificate != nullptr) {
      ssl.pem_cert_chain = certificate->CertificatePem();
      ssl.pem_private_key = certificate->KeyPem();
    }
    return CallerOver(grpc::SslCredentials(ssl), header, value);
  }

  std::string CallerOver(const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                         const std::string& header = "", const std::string& value = "") {
    runs::ReadAnswer answer;
    answer.snapshot = Frozen(Running(1, 1));
    hub_.AnswerReadsWith(answer);
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto stub = v1::RunStatusService::NewStub(grpc::CreateCustomChannel(
        absl::StrCat("127.0.0.1:", server_->port()), credentials, arguments));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(15));
    if (!header.empty()) context.AddMetadata(header, value);
    v1::GetStatusResponse response;
    const size_t before = hub_.reads().size();
    if (!stub->GetStatus(&context, StatusRequest(), &response).ok()) return "";
    return hub_.reads().at(before).caller;
  }

  fakes::TempDirectory directory_;
  const TestCertificate authority_;
  const TestCertificate server_certificate_;
};

TEST_F(TlsTest, CallersMayComeWithoutACertificateUnlessOneIsAskedFor) {
  StartServer();

  EXPECT_EQ(CallerWith(nullptr), "127.0.0.1");
  EXPECT_EQ(CallerOver(grpc::InsecureChannelCredentials()), "") << "plaintext";
}

TEST_F(TlsTest, ACallerIsCalledByTheUriInItsCertificate) {
  options_.tls.client_authorities = directory_.Write("ca.pem", authority_.CertificatePem());
  StartServer();
  const TestCertificate full("billing", "DNS:billing.example,URI:spiffe://example.org/billing",
                             &authority_);
  const TestCertificate dns("billing", "DNS:billing.example", &authority_);
  const TestCertificate plain("billing", "", &authority_);

  EXPECT_EQ(CallerWith(&full), "spiffe://example.org/billing");
  EXPECT_EQ(CallerWith(&dns), "billing.example");
  EXPECT_EQ(CallerWith(&plain), "CN=billing");
}

TEST_F(TlsTest, WithoutAGoodCertificateNobodyGetsIn) {
  options_.tls.client_authorities = directory_.Write("ca.pem", authority_.CertificatePem());
  StartServer();
  const TestCertificate stranger("billing", "DNS:billing.example", nullptr);

  EXPECT_EQ(CallerWith(nullptr), "");
  EXPECT_EQ(CallerWith(&stranger), "");
}

TEST_F(TlsTest, AHeaderIsBelievedOnlyFromATrustedProxyAndOnlyIfConfigured) {
  const std::string header = "x-forwarded-client-cert";
  const std::string value = "By=spiffe://a/gw;URI=spiffe://a/ci";
  StartServer();
  EXPECT_EQ(CallerWith(nullptr, header, value), "127.0.0.1");

  server_ = nullptr;
  options_.identity.trusted_header = access::TrustedHeader::kForwardedClientCert;
  StartServer();
  EXPECT_EQ(CallerWith(nullptr, header, value), "spiffe://a/ci");

  server_ = nullptr;
  options_.identity.trusted_proxies.clear();
  StartServer();
  EXPECT_EQ(CallerWith(nullptr, header, value), "127.0.0.1");
}

TEST_F(TlsTest, AKeyOfAnotherCertificateIsRefusedAtStart) {
  const TestCertificate other("other", "", nullptr);
  options_.tls.private_key = directory_.Write("other.key", other.KeyPem());

  const auto started = GrpcServer::Start(options_, {hub_, access_, clock_, metrics_});

  EXPECT_EQ(started.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(started.status().message()),
              testing::AllOf(testing::HasSubstr("server.pem"), testing::HasSubstr("other.key")));
}

TEST_F(TlsTest, FilesThatCannotBeUsedAreNamed) {
  const TlsFiles good = options_.tls;
  const std::string empty = directory_.Write("empty.pem", "");
  struct Case {
    TlsFiles files;
    absl::StatusCode code;
    std::string named;
  };
  const Case cases[] = {
      {{good.certificate_chain, "", ""}, absl::StatusCode::kInvalidArgument, "key file"},
      {{"", good.private_key, ""}, absl::StatusCode::kInvalidArgument, "certificate file"},
      {{"", "", good.certificate_chain}, absl::StatusCode::kInvalidArgument, "server.pem"},
      {{empty, good.private_key, ""}, absl::StatusCode::kInvalidArgument, "empty.pem"},
      {{good.certificate_chain, empty, ""}, absl::StatusCode::kInvalidArgument, "empty.pem"},
      {{good.certificate_chain, good.private_key, empty},
       absl::StatusCode::kInvalidArgument,
       "empty.pem"},
      {{good.certificate_chain, directory_.Path("missing.key"), ""},
       absl::StatusCode::kNotFound,
       "missing.key"},
  };
  for (const Case& each : cases) {
    options_.tls = each.files;
    const auto started = GrpcServer::Start(options_, {hub_, access_, clock_, metrics_});
    EXPECT_EQ(started.status().code(), each.code) << each.named;
    EXPECT_THAT(std::string(started.status().message()), testing::HasSubstr(each.named));
  }
}

}  // namespace
}  // namespace runcast::rpc
