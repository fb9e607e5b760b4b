// Keys and certificates made for one test.

#ifndef RUNCAST_TESTS_COMPONENT_RPC_TEST_CERTIFICATES_H_
#define RUNCAST_TESTS_COMPONENT_RPC_TEST_CERTIFICATES_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace runcast::rpc {

// A key with its certificate.
class TestCertificate {
 public:
  // `names`: subject alternative names as OpenSSL writes them, such as
  // `DNS:localhost,URI:spiffe://x/y`. Null issuer: signs itself and may sign others.
  // The end may lie in the past.
  TestCertificate(const std::string& common_name, const std::string& names,
                  const TestCertificate* issuer, long good_for_seconds = 3600);

  std::string CertificatePem() const;
  std::string KeyPem() const;

 private:
  struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  struct FreeCertificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
  };

  std::unique_ptr<EVP_PKEY, FreeKey> key_;
  std::unique_ptr<X509, FreeCertificate> certificate_;
};

}  // namespace runcast::rpc

#endif  // RUNCAST_TESTS_COMPONENT_RPC_TEST_CERTIFICATES_H_
