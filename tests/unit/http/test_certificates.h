// Certificates made on the spot, good and bad ones.

#ifndef RUNCAST_TESTS_UNIT_HTTP_TEST_CERTIFICATES_H_
#define RUNCAST_TESTS_UNIT_HTTP_TEST_CERTIFICATES_H_

#include <openssl/x509.h>

#include <memory>
#include <string>

namespace runcast::http {

// An authority of its own; every object has another key.
class TestAuthority {
 public:
  struct Leaf {
    std::string certificate_pem;
    std::string key_pem;
    // As CURLOPT_PINNEDPUBLICKEY wants it: `sha256//` and base64.
    std::string pin;
  };

  explicit TestAuthority(const char* name = "Test Authority");

  // PEM of the authority's own certificate.
  std::string pem() const;

  // A certificate for `subject_alternative_name`, such as `IP:127.0.0.1` or `DNS:a.test`, valid
  // from a day ago until `seconds_left` from now; negative: expired.
  Leaf Issue(const std::string& subject_alternative_name, long seconds_left) const;

 private:
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
};

}  // namespace runcast::http

#endif  // RUNCAST_TESTS_UNIT_HTTP_TEST_CERTIFICATES_H_
