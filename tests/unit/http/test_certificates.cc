#include "tests/unit/http/test_certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>

namespace runcast::http {
namespace {

constexpr long kOneDay = 24 * 3600;

void Require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "test certificate: %s failed\n", what);
  std::abort();
}

std::shared_ptr<EVP_PKEY> NewKey() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  Require(key != nullptr, "EVP_EC_gen");
  return {key, EVP_PKEY_free};
}

void AddExtension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  Require(extension != nullptr, "X509V3_EXT_conf_nid");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

std::shared_ptr<X509> NewCertificate(const char* common_name, long serial, long seconds_left,
                                     EVP_PKEY* key) {
  std::shared_ptr<X509> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kOneDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), seconds_left);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name), -1, -1, 0);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

template <typename Write>
std::string Pem(Write write) {
  BIO* bio = BIO_new(BIO_s_mem());
  Require(write(bio) == 1, "PEM_write");
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string pem(bytes, static_cast<size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string PinOf(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  Require(size > 0, "i2d_PUBKEY");
  unsigned char digest[32];
  Require(EVP_Digest(der, static_cast<size_t>(size), digest, nullptr, EVP_sha256(), nullptr) == 1,
          "EVP_Digest");
  OPENSSL_free(der);
  unsigned char text[45];
  EVP_EncodeBlock(text, digest, sizeof(digest));
  return std::string("sha256//") + reinterpret_cast<const char*>(text);
}

}  // namespace

TestAuthority::TestAuthority(const char* name)
    : key_(NewKey()), certificate_(NewCertificate(name, 1, kOneDay, key_.get())) {
  X509* self = certificate_.get();
  X509_set_issuer_name(self, X509_get_subject_name(self));
  AddExtension(self, self, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(self, self, NID_key_usage, "critical,keyCertSign");
  Require(X509_sign(self, key_.get(), EVP_sha256()) > 0, "X509_sign");
}

std::string TestAuthority::pem() const {
  return Pem([this](BIO* bio) { return PEM_write_bio_X509(bio, certificate_.get()); });
}

TestAuthority::Leaf TestAuthority::Issue(const std::string& subject_alternative_name,
                                         long seconds_left) const {
  const std::shared_ptr<EVP_PKEY> key = NewKey();
  const std::shared_ptr<X509> leaf = NewCertificate("Test Server", 2, seconds_left, key.get());
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(certificate_.get()));
  AddExtension(leaf.get(), certificate_.get(), NID_subject_alt_name,
               subject_alternative_name.c_str());
  Require(X509_sign(leaf.get(), key_.get(), EVP_sha256()) > 0, "X509_sign");
  return {
      Pem([&](BIO* bio) { return PEM_write_bio_X509(bio, leaf.get()); }),
      Pem([&](BIO* bio) {
        return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
      }),
      PinOf(key.get()),
  };
}

}  // namespace runcast::http
